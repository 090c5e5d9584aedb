package faults

import "github.com/badgateway/badgateway/simulator/fastcgi"

const recordRule = "ngx_http_fastcgi_process_record (ngx_http_fastcgi_module.c)"
const cgiRule = "ngx_http_fastcgi_process_header (ngx_http_fastcgi_module.c)"

var _ = register(Fault{
	Name: "record-version", Cause: "protocol-mismatch", Places: fastCGIAll, plan: always(RecordVersion(9)),
	Doc:    "A record of version 9; there is only 1.",
	Source: recordRule, Outcomes: []Outcome{invalidAnswer("upstream sent unsupported FastCGI protocol version: 9")},
})

var _ = register(Fault{
	Name: "record-type", Cause: "protocol-mismatch", Places: fastCGIAll, plan: always(RecordType(12)),
	Doc:    "A record of type 12; there are 1 to 11.",
	Source: recordRule, Outcomes: []Outcome{invalidAnswer("upstream sent invalid FastCGI record type: 12")},
})

var _ = register(Fault{
	Name: "record-id", Cause: "protocol-mismatch", Places: fastCGIAll, plan: always(RecordID(7)),
	Doc:    "A record for request 7, where request 1 was asked.",
	Source: recordRule, Outcomes: []Outcome{invalidAnswer("upstream sent unexpected FastCGI request id")},
})

var _ = register(Fault{
	Name: "overloaded", Cause: "fastcgi-overloaded", Places: fastCGIAll, plan: always(EndStatus(fastcgi.Overloaded)),
	Doc:    "END_REQUEST with the status OVERLOADED and no stdout.",
	Source: cgiRule, Outcomes: []Outcome{invalidAnswer("upstream sent unexpected FastCGI record: 3")},
})

var _ = register(Fault{
	Name: "cant-multiplex", Cause: "fastcgi-overloaded", Places: fastCGIAll, plan: always(EndStatus(fastcgi.CantMultiplex)),
	Doc:    "END_REQUEST with the status CANT_MPX_CONN and no stdout.",
	Source: cgiRule, Outcomes: []Outcome{invalidAnswer("upstream sent unexpected FastCGI record: 3")},
})

var _ = register(Fault{
	Name: "unknown-role", Cause: "protocol-mismatch", Places: fastCGIAll, plan: always(EndStatus(fastcgi.UnknownRole)),
	Doc:    "END_REQUEST with the status UNKNOWN_ROLE and no stdout.",
	Source: cgiRule, Outcomes: []Outcome{invalidAnswer("upstream sent unexpected FastCGI record: 3")},
})

var _ = register(Fault{
	Name: "empty-stdout", Cause: "worker-crash", Places: fastCGIAll, plan: always(EmptyStdout()),
	Doc:    "stdout is closed by an empty record, and nothing was written to it.",
	Source: cgiRule, Outcomes: []Outcome{{Status: 502, Phase: readingHeader, Result: closedEarly,
		Log: "upstream prematurely closed FastCGI stdout while reading response header from upstream"}},
})

var _ = register(Fault{
	Name: "stderr-only", Cause: "fastcgi-stderr-only", Places: fastCGIAll, plan: always(StderrOnly("PHP message: Fatal error")),
	Doc:    "A record of stderr, and an empty stdout.",
	Source: cgiRule, Outcomes: []Outcome{{Status: 502, Phase: readingHeader, Result: closedEarly,
		Log: "FastCGI sent in stderr: \"PHP message: Fatal error\" while reading response header from upstream"}},
})

var _ = register(Fault{
	Name: "stderr-then-answer", Cause: "app-stderr-noise", Places: fastCGIAll, plan: always(StderrThenAnswer("PHP message: Warning")),
	Doc:    "A record of stderr, and a good answer.",
	Source: cgiRule, Outcomes: []Outcome{{Status: 200, Log: "FastCGI sent in stderr: \"PHP message: Warning\" while reading response header from upstream"}},
})

var _ = register(Fault{
	Name: "no-cgi-header", Cause: "invalid-response-header", Places: fastCGIAll, plan: always(StdoutWithoutHeader()),
	Doc:    "A body in stdout that no header precedes.",
	Source: cgiRule + "; a line without a colon is an error since 1.21.1",
	Outcomes: []Outcome{Outcome{Status: 502, Phase: readingHeader, Result: closedEarly,
		Log: "upstream prematurely closed FastCGI stdout while reading response header from upstream"}.until("1.18"), invalidHeader},
})

var _ = register(Fault{
	Name: "bad-cgi-status", Cause: "invalid-response-header", Places: fastCGIAll, plan: always(CGIStatus("abc")),
	Doc:    "A Status field that is no number.",
	Source: cgiRule, Outcomes: []Outcome{invalidAnswer("upstream sent invalid status \"abc\"")},
})

var _ = register(Fault{
	Name: "torn-record", Cause: "incomplete-response", Places: fastCGIAll, plan: always(TornRecord()),
	Doc:    "FIN inside a stdout record. Without a Content-Length nginx takes the end of the connection for that of the answer.",
	Source: "ngx_http_fastcgi_input_filter (ngx_http_fastcgi_module.c)", Outcomes: []Outcome{served},
})

var _ = register(Fault{
	Name: "no-end-request", Cause: "incomplete-response", Places: fastCGIAll, plan: always(NoEndRequest()),
	Doc:    "FIN after stdout was closed, without END_REQUEST.",
	Source: "ngx_http_fastcgi_input_filter (ngx_http_fastcgi_module.c)", Outcomes: []Outcome{served},
})

var _ = register(Fault{
	Name: "end-request-torn", Cause: "incomplete-response", Places: fastCGIAll, plan: always(EndRequestHeaderOnly()),
	Doc:    "FIN after the header of END_REQUEST.",
	Source: "ngx_http_fastcgi_input_filter (ngx_http_fastcgi_module.c)", Outcomes: []Outcome{served},
})

var _ = register(Fault{
	Name: "padded-records", Places: fastCGIAll, plan: always(PaddedRecords(255)),
	Doc:    "A good answer in records of seven bytes with 255 bytes of padding each.",
	Source: recordRule, Outcomes: []Outcome{served},
})

var _ = register(Fault{
	Name: "stderr-fills-buffer", Cause: "oversized-header", Places: fastCGIAll, plan: always(StderrFillsBuffer(3800)),
	Doc:    "3.8 KB of stderr and 500 bytes of header in one write: they share the proxy's buffer of 4 KiB.",
	Source: cgiRule, Outcomes: []Outcome{bigHeader},
})

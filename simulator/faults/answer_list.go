package faults

const statusRule = "ngx_http_proxy_process_status_line (ngx_http_proxy_module.c)"
const fieldRule = "ngx_http_parse_header_line (ngx_http_parse.c), ngx_http_proxy_process_header (ngx_http_proxy_module.c)"

var (
	invalidHeader = Outcome{Status: 502, Phase: readingHeader, Result: invalid, Log: "upstream sent invalid header"}
	noHTTP        = Outcome{Form: PassedThrough, Phase: readingHeader, Result: invalid,
		Log: "upstream sent no valid HTTP/1.0 header while reading response header from upstream"}
)

func invalidAnswer(log string) Outcome {
	return Outcome{Status: 502, Phase: readingHeader, Result: invalid, Log: log}
}

func (o Outcome) since(version string) Outcome {
	o.Since = version
	return o
}

func (o Outcome) until(version string) Outcome {
	o.Until = version
	return o
}

var _ = register(Fault{
	Name: "early-answer", Cause: "backend-rejects-body", Places: httpOnly, plan: always(EarlyAnswer()),
	Doc: "413 at once and close(2), while the body of the request is under way: it lies unread, so the kernel resets " +
		"the connection. Which comes first, the answer or the reset, is up to scheduling.",
	Source: "ngx_http_upstream_send_request and ngx_http_upstream_process_header (ngx_http_upstream.c); RFC 9112, 9.6",
	Needs:  Needs{Method: "POST", Body: 8 << 20},
	Outcomes: []Outcome{{Status: 502, Phase: sending, Result: reset, Errno: econnreset,
		Log: "(104: Connection reset by peer) while sending request to upstream",
		Or: []Outcome{{Status: 413}, {Status: 413, Phase: readingBody, Result: reset, Errno: econnreset,
			Log: "readv() failed (104: Connection reset by peer) while reading upstream"}}}},
})

var _ = register(Fault{
	Name: "reset-in-request-body", Cause: "backend-rejects-body", Places: anywhere, plan: always(CloseUnread()),
	Doc: "close(2) without an answer, while the body of the request is under way: it lies unread, so the kernel resets " +
		"the connection. Whether nginx learns of it as it writes or as it looks for an answer is up to scheduling.",
	Source: "ngx_http_upstream_send_request and ngx_http_upstream_process_header (ngx_http_upstream.c); RFC 9112, 9.6",
	Needs:  Needs{Method: "POST", Body: 8 << 20},
	Outcomes: []Outcome{{Status: 502, Phase: sending, Result: reset, Errno: econnreset,
		Log: "(104: Connection reset by peer) while sending request to upstream",
		Or: []Outcome{headerReset, {Status: 502, Phase: sending, Result: reset, Errno: epipe,
			Log: "writev() failed (32: Broken pipe) while sending request to upstream"}}}},
})

var _ = register(Fault{
	Name: "early-answer-lingering", Places: httpTLS, plan: always(EarlyAnswerLingering()),
	Doc:    "413 at once, FIN, and everything is read until the peer ends, too.",
	Source: "RFC 9112, 9.6", Needs: Needs{Method: "POST", Body: 8 << 20},
	Outcomes: []Outcome{{Status: 413}},
})

var _ = register(Fault{
	Name: "answer-before-request", Places: httpOnly, plan: always(AnswerBeforeRequest()),
	Doc:    "A whole answer and a FIN before the request is read.",
	Source: headerRule, Outcomes: []Outcome{served},
})

var _ = register(Fault{
	Name: "no-colon", Cause: "invalid-response-header", Places: httpTLS, plan: always(NoColon()),
	Doc:    "A header line without a colon.",
	Source: fieldRule + "; an error since 1.21.1", Outcomes: []Outcome{served.until("1.18"), invalidHeader},
})

var _ = register(Fault{
	Name: "nul-in-header", Cause: "invalid-response-header", Places: httpOnly, plan: always(NulInHeader()),
	Doc:    "A NUL in the value of a header line.",
	Source: fieldRule, Outcomes: []Outcome{invalidHeader},
})

var _ = register(Fault{
	Name: "space-in-name", Cause: "invalid-response-header", Places: httpOnly, plan: always(SpaceInName()),
	Doc:    "A space in the name of a header line.",
	Source: fieldRule + "; an error since 1.21.1", Outcomes: []Outcome{served.until("1.18"), invalidHeader},
})

var _ = register(Fault{
	Name: "bad-status-line", Cause: "invalid-response-header", Places: httpOnly, plan: always(BadStatusLine()),
	Doc:    "A status line whose status is no number.",
	Source: statusRule + ": such an answer is taken for one of HTTP/0.9", Outcomes: []Outcome{noHTTP},
})

var _ = register(Fault{
	Name: "garbage", Cause: "protocol-mismatch", Places: httpTLS, plan: always(Garbage("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")),
	Doc:    "The banner of another service in place of a status line.",
	Source: statusRule + ": such an answer is taken for one of HTTP/0.9", Outcomes: []Outcome{noHTTP},
})

var _ = register(Fault{
	Name: "two-lengths", Cause: "invalid-response-header", Places: httpOnly, plan: always(TwoLengths()),
	Doc:      "Two Content-Length lines with the same value.",
	Source:   "ngx_http_upstream_process_content_length (ngx_http_upstream.c); RFC 9112, 6.3",
	Outcomes: []Outcome{served.until("1.22"), invalidAnswer("upstream sent duplicate header line")},
})

var _ = register(Fault{
	Name: "length-and-chunked", Cause: "invalid-response-header", Places: httpOnly, plan: always(LengthAndChunked()),
	Doc:    "Content-Length and Transfer-Encoding in one header.",
	Source: "ngx_http_upstream_process_transfer_encoding (ngx_http_upstream.c); RFC 9112, 6.3",
	Outcomes: []Outcome{served.until("1.22"),
		invalidAnswer("upstream sent \"Content-Length\" and \"Transfer-Encoding\" headers at the same time")},
})

var _ = register(Fault{
	Name: "bad-length", Cause: "invalid-response-header", Places: httpOnly, plan: always(BadLength()),
	Doc:      "A Content-Length that is no number.",
	Source:   "ngx_http_upstream_process_content_length (ngx_http_upstream.c); RFC 9110, 8.6",
	Outcomes: []Outcome{served.until("1.22"), invalidAnswer("upstream sent invalid \"Content-Length\" header")},
})

var _ = register(Fault{
	Name: "unknown-encoding", Cause: "invalid-response-header", Places: httpOnly, plan: always(UnknownEncoding()),
	Doc:      "A Transfer-Encoding other than chunked.",
	Source:   "ngx_http_upstream_process_transfer_encoding (ngx_http_upstream.c); RFC 9112, 6.1",
	Outcomes: []Outcome{served.until("1.22"), invalidAnswer("upstream sent unknown \"Transfer-Encoding\"")},
})

var _ = register(Fault{
	Name: "continue-only", Cause: "backend-connection-reset", Places: httpTLS, plan: always(ContinueOnly()),
	Doc:      "100 Continue, and then a FIN in place of the real answer.",
	Source:   statusRule + "; RFC 9110, 15.2.1",
	Outcomes: []Outcome{{Status: 100}},
})

var _ = register(Fault{
	Name: "hints-only", Cause: "backend-connection-reset", Places: httpOnly, plan: always(HintsOnly()),
	Doc:      "103 Early Hints, and then a FIN in place of the real answer.",
	Source:   "ngx_http_upstream_process_header (ngx_http_upstream.c); RFC 8297, 2",
	Outcomes: []Outcome{Outcome{Status: 103}.until("1.26"), headerClosed},
})

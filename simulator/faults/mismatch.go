package faults

import "github.com/badgateway/badgateway/simulator"

// EagerHTTP looks at the first bytes, finds no HTTP and answers 400, as nginx and Node do.
//
// nginx, fastcgi_pass: "upstream sent unsupported FastCGI protocol version: 72" (72 is an H).
func EagerHTTP() *simulator.Plan {
	return connections(simulator.LeaveUnread(), raw(badRequest), simulator.Flush(), simulator.Close())
}

// EagerHTTPLingering is EagerHTTP of a server that reads what comes before it closes, so that its answer arrives.
//
// nginx, uwsgi_pass: nothing, the answer is passed on.
func EagerHTTPLingering() *simulator.Plan { return answer(badRequest) }

const badRequest = "HTTP/1.1 400 Bad Request\r\nContent-Length: 12\r\nConnection: close\r\n\r\nBad Request\n"

// LazyHTTP waits for the end of a line that never comes, as servers in Go and Python do.
//
// nginx: "upstream timed out (110: Connection timed out) while reading response header from upstream".
func LazyHTTP() *simulator.Plan { return NeverReads() }

// FastCGIOnly reads eight bytes, which are no FastCGI, and closes with the rest unread, as php-fpm does.
//
// nginx, proxy_pass: "recv() failed (104: Connection reset by peer) while reading response header from upstream".
func FastCGIOnly() *simulator.Plan { return CloseUnread() }

// TLSAlert answers a plain request with an alert, as a strict TLS server does (RFC 8446, 6).
//
// nginx: "upstream sent no valid HTTP/1.0 header while reading response header from upstream".
func TLSAlert(number byte) *simulator.Plan {
	return answer(string([]byte{21, 3, 3, 0, 2, 2, number}))
}

// HTTP2Only sends the SETTINGS frame with which an HTTP/2 server begins (RFC 9113, 3.4).
//
// nginx: "upstream sent no valid HTTP/1.0 header while reading response header from upstream".
func HTTP2Only() *simulator.Plan {
	return answer("\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64")
}

var binaryProxy = places([]string{FastCGI, UWSGI}, []string{TCP, Unix})

var _ = register(Fault{
	Name: "eager-http", Cause: "protocol-mismatch", Places: fastCGIAll, plan: always(EagerHTTP()),
	Doc:    "An HTTP server behind fastcgi_pass answers the first bytes with 400 and closes.",
	Source: recordRule, Outcomes: []Outcome{invalidAnswer("upstream sent unsupported FastCGI protocol version: 72")},
})

var _ = register(Fault{
	Name: "eager-http-lingering", Cause: "protocol-mismatch", Places: binaryProxy, plan: always(EagerHTTPLingering()),
	Doc: "An HTTP server behind fastcgi_pass or uwsgi_pass answers with 400 and reads what comes before it closes. " +
		"What uwsgi answers looks like HTTP, so that this one is passed on.",
	Source:   recordRule + ", ngx_http_uwsgi_process_status_line (ngx_http_uwsgi_module.c)",
	Outcomes: []Outcome{Outcome{Status: 400}.at(uwsgiAll...), invalidAnswer("upstream sent unsupported FastCGI protocol version: 72")},
})

var _ = register(Fault{
	Name: "lazy-http", Cause: "protocol-mismatch", Places: binaryProxy, plan: always(LazyHTTP()),
	Doc:    "An HTTP server behind fastcgi_pass or uwsgi_pass waits for the end of the request line.",
	Source: headerRule, Outcomes: []Outcome{headerTimer},
})

var _ = register(Fault{
	Name: "fastcgi-only", Cause: "protocol-mismatch", Places: httpOnly, plan: always(FastCGIOnly()),
	Doc:    "A FastCGI server behind proxy_pass reads eight bytes of the request and closes with the rest unread.",
	Source: headerRule, Outcomes: []Outcome{headerReset},
})

var _ = register(Fault{
	Name: "tls-alert", Cause: "tls-scheme-mismatch", Places: httpOnly, plan: always(TLSAlert(10)),
	Doc:    "A TLS server behind proxy_pass http:// answers with the alert unexpected_message.",
	Source: statusRule, Outcomes: []Outcome{noHTTP},
})

var _ = register(Fault{
	Name: "http2-only", Cause: "protocol-mismatch", Places: httpOnly, plan: always(HTTP2Only()),
	Doc:    "An HTTP/2 server without HTTP/1 sends its SETTINGS.",
	Source: statusRule, Outcomes: []Outcome{noHTTP},
})

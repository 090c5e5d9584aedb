package faults

import (
	"time"

	"github.com/badgateway/badgateway/simulator"
)

// CloseInBody ends the connection by a FIN after k bytes of the body, which was announced to be longer.
//
// nginx: "upstream prematurely closed connection while reading upstream".
func CloseInBody(k int64) *simulator.Plan { return cut(simulator.Body(k), simulator.FIN()) }

// ResetInBody resets the connection once k bytes of the body are delivered.
//
// nginx: "readv() failed (104: Connection reset by peer) while reading upstream".
func ResetInBody(k int64) *simulator.Plan {
	return cut(simulator.Body(k), simulator.Flush(), simulator.RST())
}

// StallInBody sends nothing more after k bytes of the body.
//
// nginx: "upstream timed out (110: Connection timed out) while reading upstream".
func StallInBody(k int64) *simulator.Plan {
	return exchanges(simulator.StallAt(simulator.Body(k)), page())
}

// VanishInBody is gone after k bytes of the body, without FIN or RST. It needs NET_ADMIN.
//
// nginx: "upstream timed out (110: Connection timed out) while reading upstream".
func VanishInBody(k int64) *simulator.Plan {
	return cut(simulator.Body(k), simulator.Flush(), simulator.Vanish())
}

// DribbleBody sends a body of n pieces, one each gap. nginx starts the read timer
// anew with each of them, so that it serves the request however long it takes.
func DribbleBody(n int, gap time.Duration) *simulator.Plan {
	const piece = 512
	return exchanges(simulator.Dribble(piece, gap, simulator.HeadEnd(), simulator.End()),
		simulator.Respond(simulator.Response{Fill: size(int64(n) * piece)}))
}

// CloseInChunk ends the connection by a FIN in the middle of a chunk (RFC 9112, 7.1).
//
// nginx: "upstream prematurely closed connection while reading upstream".
func CloseInChunk() *simulator.Plan {
	return exchanges(simulator.CutAt(simulator.ChunkData(1).Add(5), simulator.FIN()), chunked())
}

// CloseBeforeLastChunk ends the connection by a FIN where the empty chunk is due (RFC 9112, 7.1).
//
// nginx: "upstream prematurely closed connection while reading upstream".
func CloseBeforeLastChunk() *simulator.Plan {
	return exchanges(simulator.CutAt(simulator.LastChunkMark(), simulator.FIN()), chunked())
}

// InvalidChunk has letters where the size of the second chunk is due, after a first one of n bytes (RFC 9112, 7.1). The last
// step ends the connection, or hangs.
//
// nginx: "upstream sent invalid chunked response while reading upstream". With a small first
// chunk it has sent nothing to the client by then, and sends nothing at all.
func InvalidChunk(n int64, last simulator.Step) *simulator.Plan {
	return exchanges(simulator.CutAt(simulator.ChunkSize(1), simulator.Send("ZZ\r\n"), last),
		simulator.Respond(simulator.Response{Fill: size(n + 16), Chunked: size(n)}))
}

// ExtraBody sends more than its Content-Length says.
//
// nginx: "[warn] upstream sent more data than specified in "Content-Length" header".
func ExtraBody() *simulator.Plan {
	return exchanges(simulator.Respond(simulator.Response{Body: "okEXTRA", Length: &simulator.ContentLength{Bytes: 2},
		Header: simulator.Fields{{Name: "Connection", Value: "close"}}}))
}

func chunked() simulator.Step {
	return simulator.Respond(simulator.Response{Fill: 64, Chunked: 16})
}

const bodyRule = "ngx_event_pipe_read_upstream (ngx_event_pipe.c), ngx_http_upstream_process_request (ngx_http_upstream.c)"

var _ = register(Fault{
	Name: "close-in-body", Cause: "incomplete-response", Places: everywhere, plan: always(CloseInBody(512)),
	Doc: "FIN before the body is as long as its Content-Length says. Behind fastcgi_pass, and in old versions uwsgi_pass, " +
		"nothing tells of it: there nginx takes the end of the connection for that of the answer.",
	Source: bodyRule + ", ngx_http_fastcgi_input_filter (ngx_http_fastcgi_module.c)",
	Outcomes: []Outcome{Outcome{Status: 200, Form: Truncated}.at(fastCGIAll...),
		Outcome{Status: 200, Form: Truncated}.at(uwsgiAll...).until("1.18"), streamBodyClosed, bodyClosed},
})

var _ = register(Fault{
	Name: "reset-in-body", Cause: "incomplete-response", Places: everywhere, plan: always(ResetInBody(512)),
	Doc:    "RST once a part of the body is delivered for sure: the peer's kernel has acknowledged it (SIOCOUTQ is 0).",
	Source: bodyRule, Outcomes: []Outcome{bodyClosed.at(secure),
		streamBodyReset, bodyReset},
})

var _ = register(Fault{
	Name: "stall-in-body", Cause: "incomplete-response", Places: everywhere, plan: always(StallInBody(512)),
	Doc:    "Silence after a part of the body.",
	Source: bodyRule, Outcomes: []Outcome{bodyTimer},
})

var _ = register(Fault{
	Name: "vanish-in-body", Cause: "incomplete-response", Places: with(overTCP, secure), plan: always(VanishInBody(512)),
	Doc:    "The socket is removed in TCP_REPAIR mode after a part of the body: neither FIN nor RST is sent.",
	Source: bodyRule, Outcomes: []Outcome{bodyTimer},
})

var _ = register(Fault{
	Name: "dribbled-body", Places: everywhere, plan: always(DribbleBody(3, 700*time.Millisecond)),
	Doc:    "The body comes in pieces, each of them sooner than the read timeout after the one before.",
	Source: bodyRule + ": the timer starts anew with each read", Outcomes: []Outcome{served},
})

var _ = register(Fault{
	Name: "close-in-chunk", Cause: "incomplete-response", Places: httpTLS, plan: always(CloseInChunk()),
	Doc:    "FIN in the middle of a chunk.",
	Source: bodyRule, Outcomes: []Outcome{bodyClosed},
})

var _ = register(Fault{
	Name: "close-before-last-chunk", Cause: "incomplete-response", Places: httpTLS, plan: always(CloseBeforeLastChunk()),
	Doc:    "FIN in place of the empty chunk that ends a body.",
	Source: bodyRule, Outcomes: []Outcome{bodyClosed},
})

const chunkRule = "ngx_http_proxy_chunked_filter (ngx_http_proxy_module.c), ngx_http_postpone_filter; RFC 9112, 7.1"

var invalidChunk = Outcome{Status: 200, Form: Truncated, Phase: readingBody, Result: invalid,
	Log: "upstream sent invalid chunked response while reading upstream"}

var _ = register(Fault{
	Name: "invalid-chunk", Cause: "invalid-response-framing", Places: httpTLS, plan: always(InvalidChunk(64<<10, simulator.FIN())),
	Doc:    "A chunk whose size is no hexadecimal number, after one of 64 KiB.",
	Source: chunkRule, Outcomes: []Outcome{invalidChunk},
})

var _ = register(Fault{
	Name: "invalid-chunk-early", Cause: "invalid-response-framing", Places: httpTLS, plan: always(InvalidChunk(16, simulator.FIN())),
	Doc:    "A chunk whose size is no hexadecimal number, after one of 16 bytes: nginx holds both the header and this chunk back (postpone_output) and drops them.",
	Source: chunkRule, Outcomes: []Outcome{{Form: Nothing, Phase: readingBody, Result: invalid, Log: invalidChunk.Log}},
})

var _ = register(Fault{
	Name: "invalid-chunk-hang", Cause: "invalid-response-framing", Places: httpTLS, plan: always(InvalidChunk(64<<10, simulator.Hang())),
	Doc: "A chunk whose size is no hexadecimal number, after one of 64 KiB, and then silence: nginx 1.30 leaves the last bytes " +
		"unread until more comes, and its timer ends the answer.",
	Source: chunkRule, Outcomes: []Outcome{bodyTimer.since("1.30"), invalidChunk},
})

var _ = register(Fault{
	Name: "extra-body", Cause: "content-length-mismatch", Places: httpTLS, plan: always(ExtraBody()),
	Doc:      "More body than its Content-Length says.",
	Source:   "ngx_http_proxy_copy_filter and ngx_http_proxy_input_filter_init (ngx_http_proxy_module.c)",
	Outcomes: []Outcome{{Status: 200, Log: "upstream sent more data than specified in \"Content-Length\" header"}},
})

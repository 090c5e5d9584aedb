package faults

import (
	"github.com/badgateway/badgateway/simulator"
)

// Error codes of HTTP/2 (RFC 9113, 7).
const (
	noError       = 0
	internalError = 2
	refusedStream = 7
	enhanceYour   = 11
)

// GoAway announces the connection's end with an error code in place of an answer, and ends it by a FIN. The request
// is one of those that may be answered yet.
//
// nginx: "upstream prematurely closed connection while reading response header from upstream".
func GoAway(code simulator.ErrorCode) *simulator.Plan {
	return exchanges(simulator.ReadBody(), simulator.GoAway(simulator.GoingAway{Code: code}), simulator.FIN())
}

// GoAwayBelow announces the connection's end and says that the request was not processed.
//
// nginx: "upstream sent goaway with error 0 while reading response header from upstream".
func GoAwayBelow() *simulator.Plan {
	return exchanges(simulator.ReadBody(), simulator.GoAway(simulator.GoingAway{LastStream: ptr(uint32(0))}), simulator.FIN())
}

// ResetStream resets the stream with an error code in place of an answer.
//
// nginx: "upstream rejected request with error 2 while reading response header from upstream".
func ResetStream(code simulator.ErrorCode) *simulator.Plan {
	return exchanges(simulator.ReadBody(), simulator.RSTStream(code))
}

// ResetStreamInBody resets the stream after k bytes of the body.
//
// nginx: "upstream rejected request with error 2 while reading upstream".
func ResetStreamInBody(k int64, code simulator.ErrorCode) *simulator.Plan {
	return exchanges(simulator.ReadBody(), simulator.Status(200), simulator.Headers(simulator.Field{Name: "Content-Type", Value: "application/grpc"}),
		simulator.BodyText(string(make([]byte, k))), simulator.RSTStream(code))
}

// UnknownStream sends a DATA frame for a stream that the peer has not opened (RFC 9113, 5.1).
//
// nginx: "upstream sent unexpected http2 frame: 0 while reading response header from upstream".
func UnknownStream() *simulator.Plan {
	return exchanges(simulator.ReadBody(), simulator.Frame(simulator.RawFrame{Type: 0, Stream: ptr(uint32(7)), Text: "x"}), simulator.FIN())
}

// LargeFrame announces a frame above the peer's SETTINGS_MAX_FRAME_SIZE (RFC 9113, 4.2).
//
// nginx: "upstream sent too large http2 frame: 100000 while reading response header from upstream".
func LargeFrame(n uint32) *simulator.Plan {
	return exchanges(simulator.ReadBody(), simulator.Frame(simulator.RawFrame{Type: 0, Length: &n, Text: "x"}), simulator.FIN())
}

// NoWindow gives the peer no window to send a body in (RFC 9113, 6.9).
//
// nginx: "upstream timed out (110: Connection timed out) while sending request to upstream".
func NoWindow() *simulator.Plan {
	return &simulator.Plan{
		Connections: []simulator.Rule{{Script: simulator.Script{simulator.Settings(simulator.HTTP2Settings{InitialWindowSize: ptr(uint32(0))})}}},
		Default:     simulator.Script{simulator.ReadBody(), simulator.Hang()},
	}
}

// streamFailed is a 502 after a frame that ends the stream.
func streamFailed(log string) Outcome {
	return Outcome{Status: 502, Phase: readingHeader, Result: reset, Log: log}
}

// What HTTP/2 makes of resets and ends: nginx answers SETTINGS while it waits, and
// passes a body on as it reads it, so that either can be what it was doing.
var (
	streamReset = headerReset.at(grpc).or(Outcome{Status: 502, Phase: sending, Result: reset, Errno: econnreset,
		Log: "writev() failed (104: Connection reset by peer) while sending request to upstream"})
	streamBodyClosed = bodyClosed.at(grpc).or(Outcome{Status: 200, Form: Truncated, Phase: readingBody, Result: closedEarly,
		Log: "upstream prematurely closed connection while sending to client"})
	streamBodyReset = Outcome{Status: 200, Form: Truncated, Phase: readingBody, Result: reset, Errno: econnreset,
		Log: "recv() failed (104: Connection reset by peer) while reading upstream"}.at(grpc).or(
		Outcome{Status: 200, Form: Truncated, Log: "recv() failed (104: Connection reset by peer) while sending to client"},
		Outcome{Status: 200, Form: Truncated, Phase: sending, Result: reset, Errno: econnreset,
			Log: "writev() failed (104: Connection reset by peer) while sending request to upstream"})
)

const grpcRule = "ngx_http_grpc_parse_frame and ngx_http_grpc_process_header (ngx_http_grpc_module.c)"

var _ = register(Fault{
	Name: "goaway-error", Cause: "grpc-stream-cancelled", Places: grpcOnly, plan: always(GoAway(internalError)),
	Doc: "GOAWAY with INTERNAL_ERROR in place of an answer, and a FIN. The request is one of those that may be answered yet, so nginx waits for that.", Source: grpcRule,
	Outcomes: []Outcome{headerClosed},
})

var _ = register(Fault{
	Name: "goaway", Cause: "backend-restarted", Places: grpcOnly, plan: always(GoAwayBelow()),
	Doc: "GOAWAY without an error, which says that the request was not processed, and a FIN.", Source: grpcRule,
	Outcomes: []Outcome{streamFailed("upstream sent goaway with error 0 while reading response header from upstream")},
})

var _ = register(Fault{
	Name: "stream-reset", Cause: "grpc-stream-cancelled", Places: grpcOnly, plan: always(ResetStream(internalError)),
	Doc: "RST_STREAM with INTERNAL_ERROR in place of an answer.", Source: grpcRule,
	Outcomes: []Outcome{streamFailed("upstream rejected request with error 2 while reading response header from upstream")},
})

var _ = register(Fault{
	Name: "stream-refused", Cause: "backend-overloaded", Places: grpcOnly, plan: always(ResetStream(refusedStream)),
	Doc: "RST_STREAM with REFUSED_STREAM in place of an answer: the request was not processed.", Source: grpcRule,
	Outcomes: []Outcome{streamFailed("upstream rejected request with error 7 while reading response header from upstream")},
})

var _ = register(Fault{
	Name: "stream-calm-down", Cause: "backend-overloaded", Places: grpcOnly, plan: always(ResetStream(enhanceYour)),
	Doc: "RST_STREAM with ENHANCE_YOUR_CALM in place of an answer.", Source: grpcRule,
	Outcomes: []Outcome{streamFailed("upstream rejected request with error 11 while reading response header from upstream")},
})

var _ = register(Fault{
	Name: "stream-reset-in-body", Cause: "grpc-stream-cancelled", Places: grpcOnly, plan: always(ResetStreamInBody(512, internalError)),
	Doc: "RST_STREAM with INTERNAL_ERROR after a part of the body.", Source: "ngx_http_grpc_filter (ngx_http_grpc_module.c)",
	Outcomes: []Outcome{Outcome{Status: 200, Form: Truncated, Phase: readingBody, Result: reset,
		Log: "upstream rejected request with error 2 while reading upstream"}.or(
		Outcome{Form: Nothing, Phase: readingHeader, Result: reset, Log: "upstream rejected request with error 2 while reading response header from upstream"})},
})

var _ = register(Fault{
	Name: "stream-unknown", Cause: "protocol-mismatch", Places: grpcOnly, plan: always(UnknownStream()),
	Doc: "A DATA frame for a stream that was never opened, and before any header.", Source: grpcRule,
	Outcomes: []Outcome{invalidAnswer("upstream sent unexpected http2 frame: 0 while reading response header from upstream")},
})

var _ = register(Fault{
	Name: "frame-too-large", Cause: "protocol-mismatch", Places: grpcOnly, plan: always(LargeFrame(100000)),
	Doc: "A frame that announces 100,000 bytes, where 16,384 are allowed.", Source: grpcRule,
	Outcomes: []Outcome{invalidAnswer("upstream sent too large http2 frame: 100000 while reading response header from upstream")},
})

var _ = register(Fault{
	Name: "http1-behind-grpc", Cause: "protocol-mismatch", Places: grpcOnly, plan: always(EagerHTTP()),
	Doc: "An HTTP/1 server behind grpc_pass answers the preface with 400: the first three letters are read as a length.", Source: grpcRule,
	Outcomes: []Outcome{invalidAnswer("upstream sent too large http2 frame: 4740180 while reading response header from upstream")},
})

var _ = register(Fault{
	Name: "no-window", Cause: "grpc-flow-control", Places: grpcOnly, plan: always(NoWindow()),
	Doc: "SETTINGS_INITIAL_WINDOW_SIZE is 0, and no WINDOW_UPDATE follows: nothing of the body can be sent.", Source: grpcRule,
	Needs: Needs{Method: "POST", Body: 1 << 20},
	Outcomes: []Outcome{{Status: 504, Phase: sending, Result: timedOut, Errno: etimedout,
		Log: "upstream timed out (110: Connection timed out) while sending request to upstream"}},
})

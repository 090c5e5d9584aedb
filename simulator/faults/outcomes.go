package faults

// The phases and results that faults lead to, in the words that badgateway has for events.
const (
	selecting     = "selecting a peer"
	resolving     = "resolving"
	connecting    = "connecting"
	handshaking   = "handshaking"
	sending       = "sending request"
	readingHeader = "reading header"
	readingBody   = "reading body"

	refused     = "refused"
	timedOut    = "timed out"
	reset       = "reset"
	closedEarly = "closed early"
	denied      = "denied"
	missing     = "missing"
	exhausted   = "exhausted"
	tooBig      = "too big"
	invalid     = "invalid"
	noneLive    = "none live"
	notFound    = "not found"
)

// Errors of Linux that nginx logs.
const (
	enoent       = 2
	eagain       = 11
	eacces       = 13
	epipe        = 32
	eprototype   = 91
	econnreset   = 104
	etimedout    = 110
	econnrefused = 111
)

// at says that an outcome holds at some places only.
func (o Outcome) at(p ...Place) Outcome {
	o.At = p
	return o
}

// The outcomes that most faults share.
var (
	refusal     = Outcome{Status: 502, Phase: connecting, Result: refused, Errno: econnrefused, Log: "connect() failed (111: Connection refused) while connecting to upstream"}
	headerTimer = Outcome{Status: 504, Phase: readingHeader, Result: timedOut, Errno: etimedout,
		Log: "upstream timed out (110: Connection timed out) while reading response header from upstream"}
	headerClosed = Outcome{Status: 502, Phase: readingHeader, Result: closedEarly,
		Log: "upstream prematurely closed connection while reading response header from upstream"}
	headerReset = Outcome{Status: 502, Phase: readingHeader, Result: reset, Errno: econnreset,
		Log: "recv() failed (104: Connection reset by peer) while reading response header from upstream"}
	bodyClosed = Outcome{Status: 200, Form: Truncated, Phase: readingBody, Result: closedEarly,
		Log: "upstream prematurely closed connection while reading upstream"}
	bodyReset = Outcome{Status: 200, Form: Truncated, Phase: readingBody, Result: reset, Errno: econnreset,
		Log: "readv() failed (104: Connection reset by peer) while reading upstream"}
	bodyTimer = Outcome{Status: 200, Form: Truncated, Phase: readingBody, Result: timedOut, Errno: etimedout,
		Log: "upstream timed out (110: Connection timed out) while reading upstream"}
	served = Outcome{Status: 200}
)

// The same over TLS, where the handshake comes first, and OpenSSL tells a reset within it from one behind it only.
var (
	handshakeTimer = Outcome{Status: 504, Phase: handshaking, Result: timedOut, Errno: etimedout,
		Log: "upstream timed out (110: Connection timed out) while SSL handshaking to upstream"}
	handshakeClosed = Outcome{Status: 502, Phase: handshaking, Result: closedEarly,
		Log: "peer closed connection in SSL handshake while SSL handshaking to upstream"}
	handshakeReset = Outcome{Status: 502, Phase: handshaking, Result: reset, Errno: econnreset,
		Log: "peer closed connection in SSL handshake (104: Connection reset by peer) while SSL handshaking to upstream"}
)

// or adds outcomes that scheduling can lead to as well.
func (o Outcome) or(others ...Outcome) Outcome {
	o.Or = others
	return o
}

package faults

import "github.com/badgateway/badgateway/simulator"

// Serve is no fault: each request is answered well.
func Serve() *simulator.Plan { return &simulator.Plan{} }

// ResetAtAccept accepts and resets each connection at once. Over TCP the reset can be faster than the proxy's own steps.
//
// nginx: "recv() failed (104: Connection reset by peer) while reading response header from upstream".
func ResetAtAccept() *simulator.Plan { return connections(simulator.RST()) }

// CloseAtAccept accepts and ends each connection at once, orderly: what the proxy sends is read and dropped, then it reads the FIN.
//
// nginx: "upstream prematurely closed connection while reading response header from upstream".
func CloseAtAccept() *simulator.Plan { return connections(simulator.FIN()) }

// CloseUnread closes with the request unread, so that the kernel sends RST in place of FIN (RFC 2525, 2.17).
//
// nginx: "recv() failed (104: Connection reset by peer) while reading response header from upstream".
func CloseUnread() *simulator.Plan { return connections(simulator.LeaveUnread(), simulator.Close()) }

// NeverReads accepts and reads nothing.
//
// nginx: "upstream timed out (110: Connection timed out) while reading response header from upstream".
func NeverReads() *simulator.Plan { return connections(simulator.NoRead(), simulator.Hang()) }

// NeverDrains accepts and reads nothing of a request that is larger than its receive buffer and the proxy's send buffer together.
//
// nginx: "upstream timed out (110: Connection timed out) while sending request to upstream".
// A unix socket has no receive buffer of its own: there it is the sender's that fills up, and receiveBuffer must be 0 (unix(7)).
func NeverDrains(receiveBuffer int64) *simulator.Plan {
	p := NeverReads()
	p.Endpoint.ReceiveBuffer = size(receiveBuffer)
	return p
}

// Close reads the request and ends the connection orderly, without an answer.
//
// nginx: "upstream prematurely closed connection while reading response header from upstream".
func Close() *simulator.Plan { return exchanges(simulator.ReadBody(), simulator.FIN()) }

// Reset reads the request and resets the connection.
//
// nginx: "recv() failed (104: Connection reset by peer) while reading response header from upstream".
func Reset() *simulator.Plan { return exchanges(simulator.RST()) }

// Hang reads the request and never answers.
//
// nginx: "upstream timed out (110: Connection timed out) while reading response header from upstream".
func Hang() *simulator.Plan { return exchanges(simulator.ReadBody(), simulator.Hang()) }

// Vanish reads the request and is gone, without FIN or RST, as when a host loses its power. It needs NET_ADMIN.
//
// nginx: "upstream timed out (110: Connection timed out) while reading response header from upstream".
func Vanish() *simulator.Plan { return exchanges(simulator.ReadBody(), simulator.Vanish()) }

// connections runs a script on each connection, from accept on.
func connections(steps ...simulator.Step) *simulator.Plan {
	return &simulator.Plan{Connections: []simulator.Rule{{Script: steps}}}
}

// exchanges runs a script in each exchange.
func exchanges(steps ...simulator.Step) *simulator.Plan { return &simulator.Plan{Default: steps} }

const headerRule = "ngx_http_upstream_process_header (ngx_http_upstream.c)"

var _ = register(Fault{
	Name: "serve", Places: everywhere, plan: always(Serve()),
	Doc:    "No fault: each request is answered well.",
	Source: headerRule, Outcomes: []Outcome{served},
})

var _ = register(Fault{
	Name: "reset-at-accept", Cause: "backend-connection-reset", Places: anywhere, plan: always(ResetAtAccept()),
	Doc:    "Each connection is reset as soon as it is accepted. What nginx is doing by then is up to scheduling.",
	Source: headerRule + ", ngx_http_upstream_send_request", Outcomes: []Outcome{headerReset.or(
		Outcome{Status: 502, Phase: sending, Result: reset, Errno: econnreset, Log: "writev() failed (104: Connection reset by peer) while sending request to upstream"},
		Outcome{Status: 502, Phase: sending, Result: reset, Errno: epipe, Log: "writev() failed (32: Broken pipe) while sending request to upstream"},
		Outcome{Status: 502, Phase: connecting, Result: reset, Errno: econnreset, Log: "connect() failed (104: Connection reset by peer) while connecting to upstream"},
	)},
})

var _ = register(Fault{
	Name: "close-at-accept", Cause: "backend-connection-reset", Places: everywhere, plan: always(CloseAtAccept()),
	Doc:    "Each connection is ended by a FIN before its request is looked at; what arrives is read, so no RST follows.",
	Source: headerRule, Outcomes: []Outcome{handshakeClosed.or(headerClosed).at(secure), headerClosed},
})

var _ = register(Fault{
	Name: "close-unread", Cause: "backend-connection-reset", Places: everywhere, plan: always(CloseUnread()),
	Doc:    "close(2) with the request unread: the kernel sends RST over TCP, and sets ECONNRESET at the peer of a unix socket.",
	Source: headerRule + "; RFC 2525, 2.17", Outcomes: []Outcome{handshakeReset.at(secure), headerReset},
})

var _ = register(Fault{
	Name: "never-reads", Cause: "app-hang", Places: everywhere, plan: always(NeverReads()),
	Doc:    "The connection is accepted and nothing is read of it: the request lies in the receive buffer.",
	Source: headerRule, Outcomes: []Outcome{handshakeTimer.at(secure), headerTimer},
})

var _ = register(Fault{
	Name: "never-drains", Cause: "app-hang", Places: everywhere, plan: func(p Place) *simulator.Plan {
		if p.Transport == Unix {
			return NeverDrains(0)
		}
		return NeverDrains(4 << 10)
	},
	Doc:    "The connection is accepted and nothing is read of it: both buffers fill up with the request's body, and the window stays closed.",
	Source: "ngx_http_upstream_send_request_handler (ngx_http_upstream.c)", Needs: Needs{Method: "POST", Body: 8 << 20},
	Outcomes: []Outcome{handshakeTimer.at(secure), {Status: 504, Phase: sending, Result: timedOut, Errno: etimedout,
		Log: "upstream timed out (110: Connection timed out) while sending request to upstream"}},
})

var _ = register(Fault{
	Name: "close-after-request", Cause: "worker-crash", Places: everywhere, plan: always(Close()),
	Doc:    "The request is read and the connection ended by a FIN, as when a process dies that had read everything.",
	Source: headerRule, Outcomes: []Outcome{headerClosed},
})

var _ = register(Fault{
	Name: "reset-after-request", Cause: "worker-crash", Places: everywhere, plan: always(Reset()),
	Doc:    "The connection is reset once the request's head is there: SO_LINGER of 0 over TCP, unread input on a unix socket.",
	Source: headerRule, Outcomes: []Outcome{headerClosed.at(secure), streamReset, headerReset},
})

var _ = register(Fault{
	Name: "hang", Cause: "read-timeout", Places: everywhere, plan: always(Hang()),
	Doc:    "The request is read and nothing happens any more.",
	Source: headerRule, Outcomes: []Outcome{headerTimer},
})

var _ = register(Fault{
	Name: "vanish", Cause: "app-hang", Places: with(overTCP, secure), plan: always(Vanish()),
	Doc:    "The socket is removed in TCP_REPAIR mode: neither FIN nor RST is sent, and nothing arrives any more.",
	Source: headerRule, Outcomes: []Outcome{headerTimer},
})

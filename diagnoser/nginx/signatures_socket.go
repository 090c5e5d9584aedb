package nginx

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// connectSignatures are those of ngx_event_connect_peer and of the choice before it.
var connectSignatures = []signature{
	{name: "ocsp", prefix: "connect() ", has: " while requesting certificate status", note: true},
	{name: "connect at once", prefix: "connect() to ", has: " failed (", phase: evidence.Connecting, errno: true,
		refine: func(e *evidence.Event) { e.Immediate, e.Syscall = true, "connect" }},
	{name: "connect", prefix: "connect() failed (", phase: evidence.Connecting, errno: true},
	{name: "connect", prefix: "kevent() reported that connect() failed (", phase: evidence.Connecting, errno: true},
	{name: "no live upstreams", prefix: "no live upstreams", phase: evidence.Selecting, outcome: evidence.NoneLive},
	{name: "socket", prefix: "socket() failed (", has: "upstream", phase: evidence.Connecting, errno: true, status: 500},
	{name: "bind", prefix: "bind(", has: "upstream", phase: evidence.Connecting, errno: true, status: 500},
	{name: "socket number", prefix: "the new socket has number", phase: evidence.Connecting, outcome: evidence.Exhausted, status: 500},
}

// transferSignatures are those of the timers and of reading and writing.
var transferSignatures = []signature{
	{name: "timer", prefix: "upstream timed out (", outcome: evidence.TimedOut, usual: evidence.ReadingHeader, errno: true, refine: byTimer},
	{name: "timer", prefix: "upstream timed out", outcome: evidence.TimedOut, usual: evidence.ReadingHeader, refine: byTimer},
	{name: "closed early", prefix: "upstream prematurely closed connection", outcome: evidence.ClosedEarly, usual: evidence.ReadingHeader},
	{name: "closed early", prefix: "kevent() reported that upstream closed connection", outcome: evidence.ClosedEarly, usual: evidence.ReadingHeader},
	{name: "closed stream", prefix: "upstream prematurely closed stream", outcome: evidence.ClosedEarly, usual: evidence.ReadingHeader},
	{name: "closed FastCGI stdout", prefix: "upstream prematurely closed FastCGI stdout", outcome: evidence.ClosedEarly, usual: evidence.ReadingHeader},
	{name: "closed FastCGI stdout", prefix: "upstream closed prematurely FastCGI stdout", outcome: evidence.ClosedEarly, usual: evidence.ReadingHeader},
	{name: "closed FastCGI request", prefix: "upstream prematurely closed FastCGI request", outcome: evidence.ClosedEarly, usual: evidence.ReadingHeader},
	{name: "resolver socket", has: "while resolving, resolver: ", phase: evidence.Resolving, errno: true},
	{name: "recv", prefix: "recv() failed (", has: "upstream", errno: true},
	{name: "recv", prefix: "readv() failed (", has: "upstream", errno: true},
	{name: "recv", prefix: "kevent() reported about an closed connection (", has: "upstream", errno: true},
	{name: "recv", prefix: "WSARecv() failed (", has: "upstream", errno: true},
	{name: "send", prefix: "WSASend() failed (", while: "sending request to upstream", errno: true},
	{name: "send", prefix: "writev() failed (", while: "sending request to upstream", errno: true},
	{name: "send", prefix: "send() failed (", while: "sending request to upstream", errno: true},
	{name: "send", prefix: "sendfile() failed (", while: "sending request to upstream", errno: true},
	{name: "temporary file", has: "() \"", while: "reading upstream", errno: true, phase: evidence.ReadingBody},
}

// byTimer marks nginx's own timer. In the header phase, and before, it gives 504.
func byTimer(e *evidence.Event) {
	e.Timer = true
	if e.Errno == 0 {
		e.Errno = 110
	}
	e.Syscall = ""
	if strings.HasPrefix(action(e.Message), "proxying upgraded") {
		e.Status = 101
	}
}

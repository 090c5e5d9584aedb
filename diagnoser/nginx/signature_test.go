package nginx

import (
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

func TestSignatures(t *testing.T) {
	const (
		connecting = " while connecting to upstream"
		header     = " while reading response header from upstream"
		body       = " while reading upstream"
		handshake  = " while SSL handshaking to upstream"
		sending    = " while sending request to upstream"
	)
	for _, c := range []struct {
		message        string
		phase, outcome string
		errno, status  int
	}{
		{"connect() failed (111: Connection refused)" + connecting, evidence.Connecting, evidence.Refused, 111, 502},
		{"connect() failed (110: Operation timed out)" + connecting, evidence.Connecting, evidence.TimedOut, 110, 502},
		{"connect() failed (113: Host is unreachable)" + connecting, evidence.Connecting, evidence.Unreachable, 113, 502},
		{"connect() to 127.0.0.1:80 failed (13: Permission denied)" + connecting, evidence.Connecting, evidence.Denied, 13, 502},
		{"connect() to 127.0.0.1:80 failed (99: Address not available)" + connecting, evidence.Connecting, evidence.Exhausted, 99, 502},
		{"connect() to 192.0.2.1:80 failed (22: Invalid argument)" + connecting, evidence.Connecting, evidence.Unreachable, 22, 502},
		{"connect() to unix:/run/a (2: b)/s failed (2: No such file or directory)" + connecting, evidence.Connecting, evidence.Missing, 2, 502},
		{"connect() to unix:/run/s failed (11: Resource temporarily unavailable)" + connecting, evidence.Connecting, evidence.Exhausted, 11, 502},
		{"connect() to unix:/run/s failed (91: Protocol wrong type for socket)" + connecting, evidence.Connecting, evidence.Invalid, 91, 502},
		{"upstream timed out (110: Connection timed out)" + connecting, evidence.Connecting, evidence.TimedOut, 110, 504},
		{"upstream timed out (110: Operation timed out)" + header, evidence.ReadingHeader, evidence.TimedOut, 110, 504},
		{"upstream timed out (110: Connection timed out)" + handshake, evidence.Handshaking, evidence.TimedOut, 110, 504},
		{"upstream timed out (110: Connection timed out)" + sending, evidence.Sending, evidence.TimedOut, 110, 504},
		{"upstream timed out (110: Connection timed out)" + body, evidence.ReadingBody, evidence.TimedOut, 110, 200},
		{"upstream timed out (110: Connection timed out) while proxying upgraded connection", evidence.Upgraded, evidence.TimedOut, 110, 101},
		{"upstream prematurely closed connection" + header, evidence.ReadingHeader, evidence.ClosedEarly, 0, 502},
		{"upstream prematurely closed connection" + body, evidence.ReadingBody, evidence.ClosedEarly, 0, 200},
		{"upstream prematurely closed connection while sending to client", evidence.ReadingBody, evidence.ClosedEarly, 0, 200},
		{"upstream prematurely closed FastCGI stdout" + header, evidence.ReadingHeader, evidence.ClosedEarly, 0, 502},
		{"recv() failed (104: Connection reset by peer)" + header, evidence.ReadingHeader, evidence.Reset, 104, 502},
		{"readv() failed (104: Connection reset by peer)" + body, evidence.ReadingBody, evidence.Reset, 104, 200},
		{"writev() failed (32: Broken pipe)" + sending, evidence.Sending, evidence.Reset, 32, 502},
		{"upstream sent too big header" + header, evidence.ReadingHeader, evidence.TooBig, 0, 502},
		{`upstream sent invalid header: "X\x20..."` + header, evidence.ReadingHeader, evidence.Invalid, 0, 502},
		{"upstream sent no valid HTTP/1.0 header" + header, evidence.ReadingHeader, evidence.Invalid, 0, 9},
		{"upstream sent unsupported FastCGI protocol version: 72" + header, evidence.ReadingHeader, evidence.Invalid, 0, 502},
		{"upstream sent invalid chunked response" + body, evidence.ReadingBody, evidence.Invalid, 0, 200},
		{"upstream sent too large http2 frame: 4740180" + header, evidence.ReadingHeader, evidence.Invalid, 0, 502},
		{"upstream rejected request with error 7" + header, evidence.ReadingHeader, evidence.Reset, 0, 502},
		{"no live upstreams" + connecting, evidence.Selecting, evidence.NoneLive, 0, 502},
		{"no resolver defined to resolve a.test", evidence.Resolving, evidence.Missing, 0, 502},
		{"a.test could not be resolved (3: Host not found)", evidence.Resolving, evidence.NotFound, 0, 502},
		{"a.test could not be resolved (110: Operation timed out)", evidence.Resolving, evidence.TimedOut, 0, 502},
		{"recv() failed (111: Connection refused) while resolving, resolver: 127.0.0.1:53", evidence.Resolving, evidence.Refused, 111, 502},
		{"SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number)" + handshake, evidence.Handshaking, evidence.Invalid, 0, 502},
		{"peer closed connection in SSL handshake (104: Connection reset by peer)" + handshake, evidence.Handshaking, evidence.Reset, 104, 502},
		{"upstream SSL certificate verify error: (18:self-signed certificate)" + handshake, evidence.Handshaking, evidence.Invalid, 0, 502},
		{"socket() failed (24: No file descriptors available)" + connecting, evidence.Connecting, evidence.Exhausted, 24, 500},
		{`invalid URL prefix in "a"`, evidence.Selecting, evidence.Invalid, 0, 500},
		{`pwritev() "/var/tmp/1" failed (28: No space left on device)` + body, evidence.ReadingBody, evidence.Exhausted, 28, 200},
	} {
		sig := lookup(c.message)
		if sig == nil || sig.note {
			t.Errorf("%s: got no event", c.message)
			continue
		}
		e := evidence.Event{Message: c.message}
		sig.fill(&e)
		if e.Phase != c.phase || e.Outcome != c.outcome || e.Errno != c.errno || e.Status != c.status {
			t.Errorf("%s: got %s × %s (%d) %d, want %s × %s (%d) %d", c.message, e.Phase, e.Outcome, e.Errno, e.Status, c.phase, c.outcome, c.errno, c.status)
		}
		if e.Immediate != strings.HasPrefix(c.message, "connect() to ") || e.Timer != strings.HasPrefix(c.message, "upstream timed out") {
			t.Errorf("%s: got immediate %v, timer %v", c.message, e.Immediate, e.Timer)
		}
	}
}

func TestNotes(t *testing.T) {
	for _, message := range []string{
		`FastCGI sent in stderr: "upstream timed out (110: x)" while reading response header from upstream`,
		"upstream server temporarily disabled while connecting to upstream",
		`upstream sent more data than specified in "Content-Length" header while reading upstream`,
		`upstream sent duplicate header line: "A: b", previous value: "A: c", ignored while reading response header from upstream`,
		"epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too while sending request to upstream",
		"16 worker_connections are not enough, reusing connections",
		"auth request unexpected status: 502 while sending to client",
	} {
		if sig := lookup(message); sig == nil || !sig.note {
			t.Errorf("%s: got %+v, want a note", message, sig)
		}
	}
}

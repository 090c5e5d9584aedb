package apache

import (
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

const head = "[Sat Mar 14 09:15:02.123456 2026] [proxy:error] [pid 31:tid 99] "

func TestParse(t *testing.T) {
	for _, c := range []struct {
		line, phase, outcome, upstream string
		errno, status                  int
	}{
		{head + "(111)Connection refused: AH00957: HTTP: attempt to connect to 127.0.0.1:8000 (localhost) failed",
			evidence.Connecting, evidence.Refused, "http://127.0.0.1:8000", 111, 503},
		{"[Sat Mar 14 09:15:02 2026] [error] (111)Connection refused: proxy: HTTP: attempt to connect to 127.0.0.1:8000 (127.0.0.1) failed",
			evidence.Connecting, evidence.Refused, "http://127.0.0.1:8000", 111, 503},
		{head + "(OS 10061)No connection could be made: AH00957: HTTPS: attempt to connect to [::1]:8000 (a) failed",
			evidence.Connecting, evidence.Refused, "https://[::1]:8000", 111, 503},
		{head + "(70007)The timeout specified has expired: AH00957: HTTP: attempt to connect to 192.0.2.1:80 (192.0.2.1) failed",
			evidence.Connecting, evidence.TimedOut, "http://192.0.2.1:80", 110, 503},
		{head + "(2)No such file or directory: AH02454: FCGI: attempt to connect to Unix domain socket /run/app.sock (localhost) failed",
			evidence.Connecting, evidence.Missing, "fastcgi://unix:/run/app.sock", 2, 503},
		{head + "(13)Permission denied: AH00957: HTTP: attempt to connect to 127.0.0.1:8000 (a) failed",
			evidence.Connecting, evidence.Denied, "http://127.0.0.1:8000", 13, 503},
		{head + "(70007)The timeout specified has expired: [client 192.0.2.7:5] AH01102: error reading status line from remote server a:8000, referer: http://b/",
			evidence.ReadingHeader, evidence.TimedOut, "http://a:8000", 110, 502},
		{head + "(20014)Internal error: [client 192.0.2.7:5] AH01102: error reading status line from remote server a:8000",
			evidence.ReadingHeader, evidence.ClosedEarly, "http://a:8000", 0, 502},
		{head + "(104)Connection reset by peer: [client 192.0.2.7:5] AH01102: error reading status line from remote server a:8000",
			evidence.ReadingHeader, evidence.Reset, "http://a:8000", 104, 502},
		{head + "(32)Broken pipe: [client 192.0.2.7:5] AH01084: pass request body failed to 127.0.0.1:8000 (a)",
			evidence.Sending, evidence.Reset, "http://127.0.0.1:8000", 32, 502},
		{head + "[client 192.0.2.7:5] AH00898: DNS lookup failure for: app returned by /x", evidence.Resolving, evidence.NotFound, "http://app", 0, 502},
		{"AH01114: HTTP: failed to make connection to backend: localhost", evidence.Connecting, evidence.Refused, "http://localhost", 0, 503},
		{"The timeout specified has expired: proxy: error reading status line from remote server a:8000", evidence.ReadingHeader, evidence.TimedOut, "http://a:8000", 110, 502},
	} {
		e, ok := new(Scanner).Parse(c.line)
		if !ok || e.Phase != c.phase || e.Outcome != c.outcome || e.Upstream != c.upstream || e.Errno != c.errno || e.Status != c.status {
			t.Errorf("%s: got %v %+v, want %+v", c.line, ok, e, c)
		}
	}
}

func TestParseFields(t *testing.T) {
	e, _ := new(Scanner).Parse(head + "(104)Connection reset by peer: [client 192.0.2.7:5] AH01102: error reading status line from remote server a:8000")
	if e.PID != 31 || e.Level != "error" || e.Client != "192.0.2.7:5" || e.Time.Format("2006-01-02 15:04:05") != "2026-03-14 09:15:02" ||
		e.Message != "AH01102: error reading status line from remote server a:8000" {
		t.Errorf("got %+v", e)
	}
}

// What only repeats a failure, notices and access lines are no events.
func TestParseSilent(t *testing.T) {
	var s Scanner
	if _, ok := s.Parse(head + "(111)Connection refused: AH00957: HTTP: attempt to connect to 127.0.0.1:8000 (a) failed"); !ok {
		t.Fatal("got no event")
	}
	for _, line := range []string{
		head + "AH01114: HTTP: failed to make connection to backend: a",
		head + "AH00959: ap_proxy_connect_backend disabling worker for (a) for 60s",
		"[Sat Mar 14 09:15:02.123456 2026] [mpm_event:notice] [pid 1] AH00489: Apache/2.4 configured -- resuming normal operations",
		`192.0.2.7 - - [14/Mar/2026:09:15:02 +0000] "GET /?AH00957: attempt to connect to a:1 (a) HTTP/1.1" 200 12`,
		head + "AH00128: File does not exist: /x, referer: http://a/proxy: attempt to connect to a:1 (a)",
	} {
		if e, ok := s.Parse(line); ok {
			t.Errorf("%s: got %+v", line, e)
		}
	}
	if e, ok := s.Parse(head + "[client 192.0.2.7:0] AH01071: Got error 'Primary script unknown'"); !ok || e.Outcome != "" || e.Signature != "fastcgi stderr" {
		t.Errorf("got %+v, want a note", e)
	}
}

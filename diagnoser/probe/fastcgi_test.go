package probe

import (
	"maps"
	"net"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

const cgiHead = "Content-Type: text/html\r\n\r\n"

func out(content string) string { return record(fcgiStdout, content) }

func TestFastCGIOutcomes(t *testing.T) {
	t.Parallel()
	done := out("") + end(0)
	for _, test := range []struct {
		name  string
		serve func(net.Conn)
		want  want
		note  string
	}{
		{"ok", say(out(cgiHead+"hi") + done), want{evidence.ReadingBody, evidence.OK, 0}, ""},
		{"header over records", say(out("Content-") + out("Type: x\r") + out("\n\r\nh") + out("i") + done), want{evidence.ReadingBody, evidence.OK, 0}, ""},
		{"line feeds only", say(out("X: y\n\nhi") + done), want{evidence.ReadingBody, evidence.OK, 0}, ""},
		{"HTTP on the port", say("HTTP/1.1 400 Bad Request\r\n\r\n"), want{evidence.ReadingHeader, evidence.Invalid, 0}, `version: 72, first bytes: "HTTP/1.1 400`},
		{"short garbage", say("no\n"), want{evidence.ReadingHeader, evidence.Invalid, 0}, `first bytes: "no\n"`},
		{"type", say("\x01\x09\x00\x01\x00\x00\x00\x00"), want{evidence.ReadingHeader, evidence.Invalid, 0}, "record type: 9"},
		{"id", say("\x01\x06\x00\x02\x00\x00\x00\x00"), want{evidence.ReadingHeader, evidence.Invalid, 0}, "request id: 2"},
		{"overloaded", say(end(2)), want{evidence.ReadingHeader, evidence.Invalid, 0}, "OVERLOADED; unexpected FastCGI record: 3"},
		{"empty stdout", say(done), want{evidence.ReadingHeader, evidence.ClosedEarly, 0}, "stdout closed"},
		{"stderr only", say(record(fcgiStderr, "PHP message: dead") + done), want{evidence.ReadingHeader, evidence.ClosedEarly, 0}, "stdout closed"},
		{"header never ends", say(out("X: y\r\n") + end(0)), want{evidence.ReadingHeader, evidence.ClosedEarly, 0}, "ended before"},
		{"no header", say(out("hello world\n\n") + done), want{evidence.ReadingHeader, evidence.Invalid, 0}, `invalid header: "hello world"`},
		{"status", say(out("Status: abc\r\n\r\n") + done), want{evidence.ReadingHeader, evidence.Invalid, 0}, `invalid status "abc"`},
		{"closes", say(""), want{evidence.ReadingHeader, evidence.ClosedEarly, 0}, ""},
		{"closes in a record", say(out(cgiHead)[:12]), want{evidence.ReadingHeader, evidence.ClosedEarly, 0}, ""},
		{"resets", rst, want{evidence.ReadingHeader, evidence.Reset, 104}, ""},
		{"hangs", hang, want{evidence.ReadingHeader, evidence.TimedOut, 0}, ""},
		{"stalls in the body", then(say(out(cgiHead+"hi")), hang), want{evidence.ReadingBody, evidence.TimedOut, 0}, "after 2 bytes"},
		{"no END_REQUEST", say(out(cgiHead + "hi")), want{evidence.ReadingBody, evidence.ClosedEarly, 0}, "without END_REQUEST"},
		{"torn body", say(out(cgiHead) + out("hi there")[:10]), want{evidence.ReadingBody, evidence.ClosedEarly, 0}, "after 2 bytes"},
		{"shorter than it says", say(out("Content-Length: 9\r\n\r\nhi") + done), want{evidence.ReadingBody, evidence.ClosedEarly, 0}, "2 of 9"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := backend(t, "tcp", "127.0.0.1:0", fcgiAfterRequest(func(c net.Conn, _ map[string]string, _ byte) { test.serve(c) }))
			got := Ask(t.Context(), evidence.Question{Target: target("fastcgi", a), Wait: patience(test.want.outcome)}, Options{})
			check(t, got, test.want)
			if !strings.Contains(got.Note, test.note) {
				t.Errorf("note: got %q, want %q", got.Note, test.note)
			}
			if test.want.outcome == evidence.OK && (got.Status != 200 || got.BodyBytes != 2) {
				t.Errorf("got %+v, want status 200 and 2 bytes of body", got)
			}
		})
	}
}

// The proxy's buffer must hold record headers, padding and stderr in front of the header.
func TestFastCGIHeaderBytes(t *testing.T) {
	big := "X-Session: " + strings.Repeat("s", 5000) + "\r\n\r\n"
	warning := record(fcgiStderr, "PHP Warning") // 8 + 11 + 5 of padding
	for _, test := range []struct {
		name, answer string
		want         int
	}{
		{"one record", out(cgiHead + "hi"), 8 + len(cgiHead)},
		{"large", out(big), 8 + len(big)},
		{"after stderr", warning + out(cgiHead), 24 + 8 + len(cgiHead)},
		{"two records", out("Content-Type: ") + out("text/html\r\n\r\nhi"), 8 + 14 + 2 + 8 + 13},
	} {
		a := backend(t, "tcp", "127.0.0.1:0", fcgiAfterRequest(func(c net.Conn, _ map[string]string, _ byte) { say(test.answer + out("") + end(0))(c) }))
		got := Ask(t.Context(), evidence.Question{Target: target("fastcgi", a)}, Options{})
		check(t, got, want{evidence.ReadingBody, evidence.OK, 0})
		if got.HeaderBytes != test.want {
			t.Errorf("%s: got %d, want %d", test.name, got.HeaderBytes, test.want)
		}
		if strings.Contains(test.name, "stderr") && got.Stderr != "PHP Warning" {
			t.Errorf("stderr: got %q", got.Stderr)
		}
	}
}

func TestFastCGIRequestIsAsAsked(t *testing.T) {
	long := strings.Repeat("v", 300) // its length takes four bytes
	seen := make(chan map[string]string, 1)
	a := backend(t, "unix", socketPath(t), fcgiAfterRequest(func(c net.Conn, params map[string]string, flags byte) {
		if flags != 0 {
			t.Errorf("flags: got %d, want no FCGI_KEEP_CONN", flags)
		}
		seen <- params
		say(out("Status: 404 Not Found\r\n\r\n") + end(0))(c)
	}))
	got := Ask(t.Context(), evidence.Question{
		Target: target("fastcgi", a), Method: "HEAD", URI: "/index.php?a=b", Host: "app.example.com",
		Params: map[string]string{"SCRIPT_FILENAME": "/srv/index.php", "REQUEST_METHOD": "DELETE", "LONG": long},
	}, Options{})
	check(t, got, want{evidence.ReadingBody, evidence.OK, 0})
	if got.Status != 404 {
		t.Errorf("status: got %d, want 404", got.Status)
	}
	params := <-seen
	for k, v := range map[string]string{
		"REQUEST_METHOD": "HEAD", "SCRIPT_FILENAME": "/srv/index.php", "QUERY_STRING": "a=b", "SCRIPT_NAME": "/index.php",
		"REQUEST_URI": "/index.php?a=b", "HTTP_HOST": "app.example.com", "LONG": long,
	} {
		if params[k] != v {
			t.Errorf("%s: got %q, want %q; all: %v", k, params[k], v, maps.Clone(params))
		}
	}
}

// An exact question lacks what it lacks: php-fpm answers 200 with nothing to one without a method.
func TestFastCGIExactlyAsAsked(t *testing.T) {
	for _, params := range []map[string]string{nil, {"SCRIPT_FILENAME": "/srv/index.php"}, {"REQUEST_METHOD": "DELETE"}} {
		seen := make(chan map[string]string, 1)
		a := backend(t, "tcp", "127.0.0.1:0", fcgiAfterRequest(func(c net.Conn, params map[string]string, _ byte) {
			seen <- params
			say(out("X: y\r\n\r\n") + end(0))(c)
		}))
		got := Ask(t.Context(), evidence.Question{Target: target("fastcgi", a), Params: params, Exact: true}, Options{})
		if !got.Exact || got.Outcome != evidence.OK || got.BodyBytes != 0 {
			t.Errorf("%v: got %+v", params, got)
		}
		want := maps.Clone(params)
		if want["REQUEST_METHOD"] != "" {
			want["REQUEST_METHOD"] = "GET"
		}
		if sent := <-seen; !maps.Equal(sent, want) {
			t.Errorf("got %v, want %v", sent, want)
		}
	}
}

func TestFastCGIStatusOfCGI(t *testing.T) {
	for header, want := range map[string]int{
		"X: y\r\n\r\n": 200, "Location: /a\r\n\r\n": 302, "Location: /a\r\nStatus: 301 Moved\r\n\r\n": 301, "Status: 500\r\nX: y\r\n\r\n": 500,
	} {
		a := backend(t, "tcp", "127.0.0.1:0", fcgiAfterRequest(func(c net.Conn, _ map[string]string, _ byte) { say(out(header) + end(0))(c) }))
		if got := Ask(t.Context(), evidence.Question{Target: target("fastcgi", a)}, Options{}); got.Status != want || got.Outcome != evidence.OK {
			t.Errorf("%q: got %+v, want status %d", header, got, want)
		}
	}
}

// Of a header that does not end it is known how much there was; stderr before it is none of it.
func TestHeaderThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	head := out("Content-Type: text/html\r\n")
	for _, test := range []struct {
		name, protocol, sent string
		want                 int
	}{
		{"HTTP", "http", "HTTP/1.1 200 OK\r\nX-A: b", 23},
		{"in a record", "fastcgi", head[:20], 20},
		{"in a record's header", "fastcgi", head[:5], 5},
		{"between records", "fastcgi", head, len(head)},
		{"stderr alone", "fastcgi", record(fcgiStderr, "PHP Warning"), 0},
		{"nothing", "fastcgi", "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			serve := httpAfterRequest(func(c net.Conn) { say(test.sent)(c); hang(c) })
			if test.protocol == "fastcgi" {
				serve = fcgiAfterRequest(func(c net.Conn, _ map[string]string, _ byte) { say(test.sent)(c); hang(c) })
			}
			a := backend(t, "tcp", "127.0.0.1:0", serve)
			got := Ask(t.Context(), evidence.Question{Target: target(test.protocol, a), Wait: patience(evidence.TimedOut)}, Options{})
			check(t, got, want{evidence.ReadingHeader, evidence.TimedOut, 0})
			if got.HeaderBytes != test.want {
				t.Errorf("got %d bytes, want %d", got.HeaderBytes, test.want)
			}
		})
	}
}

package probe

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

func TestHTTPOutcomes(t *testing.T) {
	t.Parallel()
	header := func(lines string) string { return "HTTP/1.1 200 OK\r\n" + lines + "\r\n\r\n" }
	for _, test := range []struct {
		name  string
		serve func(net.Conn)
		want  want
		note  string
	}{
		{"ok", say(ok), want{evidence.ReadingBody, evidence.OK, 0}, ""},
		{"chunked", say(header("Transfer-Encoding: chunked") + "2\r\nhi\r\n0\r\n\r\n"), want{evidence.ReadingBody, evidence.OK, 0}, ""},
		{"until close", say(header("X: y") + "hi"), want{evidence.ReadingBody, evidence.OK, 0}, ""},
		{"line feeds only", say("HTTP/1.0 200 OK\nX: y\n\nhi"), want{evidence.ReadingBody, evidence.OK, 0}, ""},
		{"interim response first", say("HTTP/1.1 103 Early Hints\r\n\r\n" + ok), want{evidence.ReadingBody, evidence.OK, 0}, "interim response 103"},
		{"closes", say(""), want{evidence.ReadingHeader, evidence.ClosedEarly, 0}, ""},
		{"closes in the status line", say("HT"), want{evidence.ReadingHeader, evidence.ClosedEarly, 0}, `first bytes: "HT"`},
		{"closes in the header", say("HTTP/1.1 200 OK\r\nX: y"), want{evidence.ReadingHeader, evidence.ClosedEarly, 0}, "after 21 bytes"},
		{"resets", rst, want{evidence.ReadingHeader, evidence.Reset, 104}, ""},
		{"hangs", hang, want{evidence.ReadingHeader, evidence.TimedOut, 0}, ""},
		{"stalls in the header", then(say("HTTP/1.1 200"), hang), want{evidence.ReadingHeader, evidence.TimedOut, 0}, "after 12 bytes"},
		{"stalls in the body", then(say(header("Content-Length: 9")+"hi"), hang), want{evidence.ReadingBody, evidence.TimedOut, 0}, "after 2 bytes"},
		{"short body", say(header("Content-Length: 9") + "hi"), want{evidence.ReadingBody, evidence.ClosedEarly, 0}, "after 2 bytes"},
		{"no last chunk", say(header("Transfer-Encoding: chunked") + "2\r\nhi\r\n"), want{evidence.ReadingBody, evidence.ClosedEarly, 0}, ""},
		{"no trailer end", say(header("Transfer-Encoding: chunked") + "2\r\nhi\r\n0\r\n"), want{evidence.ReadingBody, evidence.ClosedEarly, 0}, ""},
		{"wrong chunk", say(header("Transfer-Encoding: chunked") + "xx\r\nhi\r\n"), want{evidence.ReadingBody, evidence.Invalid, 0}, "invalid byte in chunk length"},
		{"another protocol that waits", then(say("SSH-2.0-x"), hang), want{evidence.ReadingHeader, evidence.Invalid, 0}, `first bytes: "SSH-2.0-x"`},
		{"TLS alert", say("\x15\x03\x01\x00\x02"), want{evidence.ReadingHeader, evidence.Invalid, 0}, `first bytes: "\x15\x03\x01\x00\x02"`},
		{"HTTP/2", say("HTTP/2 200\r\n\r\n"), want{evidence.ReadingHeader, evidence.Invalid, 0}, "status line"},
		{"status not of three digits", say("HTTP/1.1 20\r\n\r\n"), want{evidence.ReadingHeader, evidence.Invalid, 0}, "status line"},
		{"no colon", say(header("nonsense")), want{evidence.ReadingHeader, evidence.Invalid, 0}, `without a colon: "nonsense"`},
		{"space in a name", say(header("X Y: z")), want{evidence.ReadingHeader, evidence.Invalid, 0}, "header name"},
		{"NUL in a value", say(header("X: a\x00b")), want{evidence.ReadingHeader, evidence.Invalid, 0}, "NUL"},
		{"two lengths", say(header("Content-Length: 2\r\nContent-Length: 2") + "hi"), want{evidence.ReadingHeader, evidence.Invalid, 0}, "second Content-Length"},
		{"length and chunks", say(header("Content-Length: 2\r\nTransfer-Encoding: chunked")), want{evidence.ReadingHeader, evidence.Invalid, 0}, "both"},
		{"negative length", say(header("Content-Length: -2")), want{evidence.ReadingHeader, evidence.Invalid, 0}, "invalid Content-Length"},
		{"endless header", say("HTTP/1.1 200 OK\r\n" + strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 1100)), want{evidence.ReadingHeader, evidence.TooBig, 0}, "1 MiB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := backend(t, "tcp", "127.0.0.1:0", httpAfterRequest(test.serve))
			got := Ask(t.Context(), evidence.Question{Target: target("http", a), URI: "/", Wait: patience(test.want.outcome)}, Options{})
			check(t, got, test.want)
			if !strings.Contains(got.Note, test.note) {
				t.Errorf("note: got %q, want %q", got.Note, test.note)
			}
			if test.want.outcome == evidence.OK && (got.Status != 200 || got.BodyBytes != 2 || got.HeaderAfter <= 0 || got.Took < got.HeaderAfter) {
				t.Errorf("got %+v, want status 200, 2 bytes of body and their times", got)
			}
		})
	}
}

// A backend that closes with the request unread resets; on a unix socket too.
func TestUnreadRequestResets(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		address := "127.0.0.1:0"
		if network == "unix" {
			address = socketPath(t)
		}
		a := backend(t, network, address, func(_ int, c net.Conn) { _, _ = c.Read(make([]byte, 1)) })
		check(t, Ask(t.Context(), evidence.Question{Target: target("http", a)}, Options{}), want{evidence.ReadingHeader, evidence.Reset, 104})
	}
}

func TestHeaderBytesAreExact(t *testing.T) {
	for _, size := range []int{0, 100, 4000, 16 << 10, 100 << 10} {
		head := "HTTP/1.1 200 OK\r\nX-Session: " + strings.Repeat("s", size) + "\r\nContent-Length: 2\r\n\r\n"
		a := backend(t, "tcp", "127.0.0.1:0", httpAfterRequest(say(head+"hi")))
		if got := Ask(t.Context(), evidence.Question{Target: target("http", a)}, Options{}); got.HeaderBytes != len(head) || got.Outcome != evidence.OK {
			t.Errorf("got %+v, want %d bytes of header", got, len(head))
		}
	}
}

func TestHTTPRequestIsAsAsked(t *testing.T) {
	for _, test := range []struct {
		q    evidence.Question
		want string
	}{
		{evidence.Question{}, "GET / ADDR close"},
		{evidence.Question{Method: "HEAD", URI: "/a?b=c", Host: "app.example.com"}, "HEAD /a?b=c app.example.com close"},
		{evidence.Question{URI: "/x HTTP/1.1\r\nEvil: 1", Host: "a\r\nEvil: 1"}, "GET /x%20HTTP/1.1%0D%0AEvil:%201 aEvil:1 close"},
	} {
		seen := make(chan string, 1)
		a := backend(t, "tcp", "127.0.0.1:0", func(_ int, c net.Conn) {
			r, err := http.ReadRequest(bufio.NewReader(c))
			if err != nil {
				seen <- err.Error()
				return
			}
			// HEAD: the length of what is not sent
			seen <- fmt.Sprintf("%s %s %s %s", r.Method, r.RequestURI, r.Host, closes(r))
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n")
			if r.Method == "GET" {
				_, _ = io.WriteString(c, strings.Repeat("x", 50))
			}
		})
		test.q.Target = target("http", a)
		got := Ask(t.Context(), test.q, Options{})
		check(t, got, want{evidence.ReadingBody, evidence.OK, 0})
		if s := strings.Replace(<-seen, a.String(), "ADDR", 1); s != test.want {
			t.Errorf("got %q, want %q", s, test.want)
		}
	}
}

func closes(r *http.Request) string {
	if r.Close {
		return "close"
	}
	return "keep-alive"
}

func TestOtherMethodsAreNotAsked(t *testing.T) {
	a := backend(t, "tcp", "127.0.0.1:0", func(int, net.Conn) { t.Error("the backend was asked") })
	got := Ask(t.Context(), evidence.Question{Target: target("http", a), Method: "POST"}, Options{})
	check(t, got, want{})
	if !strings.HasPrefix(got.Note, `not asked: method "POST"`) {
		t.Errorf("got note %q", got.Note)
	}
}

// A stream of events never ends, and is no failure.
func TestStreamIsOK(t *testing.T) {
	t.Parallel()
	a := backend(t, "tcp", "127.0.0.1:0", httpAfterRequest(func(c net.Conn) {
		pace := time.NewTicker(10 * time.Millisecond)
		defer pace.Stop()
		_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		for ; err == nil; <-pace.C {
			_, err = io.WriteString(c, "data: x\n\n")
		}
	}))
	got := Ask(t.Context(), evidence.Question{Target: target("http", a), Wait: time.Second}, Options{})
	check(t, got, want{evidence.ReadingBody, evidence.OK, 0})
	if !strings.Contains(got.Note, "still coming") {
		t.Errorf("got note %q", got.Note)
	}
}

func TestHTTPS(t *testing.T) {
	t.Parallel()
	cert := certificate(t)
	secure := func(f func(net.Conn)) func(int, net.Conn) {
		return func(n int, c net.Conn) {
			s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}})
			httpAfterRequest(f)(n, s)
			_ = s.Close()
		}
	}
	raw := func(f func(net.Conn)) func(int, net.Conn) {
		return func(_ int, c net.Conn) { _, _ = c.Read(make([]byte, 4096)); f(c) }
	}
	for _, test := range []struct {
		name  string
		serve func(int, net.Conn)
		want  want
		note  string
	}{
		{"ok", secure(say(ok)), want{evidence.ReadingBody, evidence.OK, 0}, ""},
		{"closes after the handshake", secure(say("")), want{evidence.ReadingHeader, evidence.ClosedEarly, 0}, ""},
		{"plain HTTP on the port", raw(say("HTTP/1.1 400 Bad Request\r\n\r\n")), want{evidence.Handshaking, evidence.Invalid, 0}, `first bytes: "HTTP/"`},
		{"alert", raw(say("\x15\x03\x03\x00\x02\x02\x28")), want{evidence.Handshaking, evidence.Invalid, 0}, "handshake failure"},
		{"closes", raw(say("")), want{evidence.Handshaking, evidence.ClosedEarly, 0}, ""},
		{"resets", raw(rst), want{evidence.Handshaking, evidence.Reset, 104}, ""},
		{"hangs", raw(hang), want{evidence.Handshaking, evidence.TimedOut, 0}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := backend(t, "tcp", "127.0.0.1:0", test.serve)
			got := Ask(t.Context(), evidence.Question{Target: target("https", a), Wait: patience(test.want.outcome)}, Options{})
			check(t, got, test.want)
			if !strings.Contains(got.Note, test.note) {
				t.Errorf("note: got %q, want %q", got.Note, test.note)
			}
		})
	}
}

func TestClassifyUnknown(t *testing.T) {
	if got := classify(evidence.Connecting, errors.New("odd")); got.outcome != evidence.Invalid || got.note != "odd" {
		t.Errorf("got %+v", got)
	}
}

package simulator_test

import (
	"strings"
	"testing"

	"github.com/badgateway/badgateway/simulator"
)

// uWSGI answers in HTTP/1, says nothing of the connection, and closes it.
func TestServesUwsgi(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		srv := start(t, listenOn(t, network), "uwsgi", `
exchanges:
  - {match: {path: /app, method: POST, header: {X-Test: "*"}, param: {CONTENT_LENGTH: "6"}}, script: [{respond: {status: 404, header: {Content-Type: a/b}, body: gone}}]}
strict: true`)
		c := dial(t, srv)
		write(t, c, requestBytes("uwsgi", "POST", "/app?x=y", "a=body"))
		answer, end := readAll(c)
		if want := "HTTP/1.1 404 Not Found\r\nContent-Type: a/b\r\nContent-Length: 4\r\n\r\ngone"; answer != want || end != "eof" {
			t.Errorf("%s: got %q, %s\nwant %q, eof", network, answer, end, want)
		}
		if e := await(t, srv, simulator.KindRequest, ""); e.Method != "POST" || e.Path != "/app?x=y" {
			t.Errorf("%s: journal says %s %s", network, e.Method, e.Path)
		}
		if e := await(t, srv, simulator.KindBody, ""); e.Bytes != 6 {
			t.Errorf("%s: the body had %d bytes, want 6", network, e.Bytes)
		}
		wantNoFailure(t, srv)
	}
}

// A packet that comes in single bytes is one packet.
func TestUwsgiPacketInPieces(t *testing.T) {
	srv := start(t, "tcp:127.0.0.1:0", "uwsgi", `{}`)
	c := dial(t, srv)
	for _, b := range []byte(requestBytes("uwsgi", "GET", "/", "")) {
		write(t, c, string(b))
	}
	if answer, _ := readAll(c); !strings.HasSuffix(answer, "ok\n") {
		t.Errorf("got %q", answer)
	}
}

// uWSGI takes HTTP for a block of 21573 bytes, and closes with the request unread.
func TestUwsgiServerGetsSomethingElse(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		for request, want := range map[string]string{
			requestBytes("http", "GET", "/", ""):   "invalid request block size: 21573 (max 4096)",
			requestBytes("http", "POST", "/", "x"): "invalid request block size: 21327 (max 4096)",
			"\x00\x03\x00\x00\xff\xff\xff":         "block of variables is torn",
		} {
			srv := start(t, listenOn(t, network), "uwsgi", `{}`)
			c := dial(t, srv)
			write(t, c, request)
			if answer, end := readAll(c); answer != "" || end != "ECONNRESET" {
				t.Errorf("%s, %.20q: got %q and %s, want ECONNRESET", network, request, answer, end)
			}
			if e := await(t, srv, simulator.KindMalformed, ""); !strings.Contains(e.Text, want) {
				t.Errorf("%s, %.20q: journal says %q, want %q", network, request, e.Text, want)
			}
			if e := await(t, srv, simulator.KindClose, ""); e.End != simulator.EndRST {
				t.Errorf("%s, %.20q: closed by %s, want rst", network, request, e.End)
			}
		}
	}
}

// Binary protocols on an HTTP port are refused at their first byte: none of them may ever send a line end.
func TestHTTPServerGetsSomethingElse(t *testing.T) {
	for _, request := range []string{requestBytes("uwsgi", "GET", "/", ""), requestBytes("fastcgi", "GET", "/", ""), "\x16\x03\x01"} {
		srv := start(t, "tcp:127.0.0.1:0", "http", `{}`)
		c := dial(t, srv)
		write(t, c, request)
		if answer, end := readAll(c); !strings.HasPrefix(answer, "HTTP/1.1 400 ") || end != "eof" {
			t.Errorf("%.8q: got %q and %s, want 400", request, answer, end)
		}
	}
}

package simulator_test

import (
	"strings"
	"testing"

	"github.com/badgateway/badgateway/simulator"
)

// What is no right request in HTTP/1.1 is answered 400, the connection ends, and the journal names
// the rule. The list was compared with what nginx, Apache httpd (HttpProtocolOptions Strict),
// Node.js and net/http refuse; where they differ the strictest counts.
func TestHTTPViolations(t *testing.T) {
	const head = "POST / HTTP/1.1\r\nHost: app\r\n"
	for _, tt := range []struct{ name, sent, text string }{
		{"no Host", "GET / HTTP/1.1\r\n\r\n", "RFC 9112, 3.2: no Host"},
		{"two Hosts", head + "Host: app\r\n\r\n", "RFC 9112, 3.2: Host comes twice"},
		{"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", "RFC 9112, 3.2: Host comes twice"},
		{"a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", `RFC 9112, 3.2: Host "a/b"`},
		{"a Host with a user", "GET / HTTP/1.1\r\nHost: me@a\r\n\r\n", `RFC 9112, 3.2: Host "me@a"`},
		{"no version", "GET /\r\n\r\n", `RFC 9112, 3: request line "GET /\r\n\r\n"`},
		{"another version", "GET / HTTP/2.0\r\n\r\n", `RFC 9112, 3: request line`},
		{"two blanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", `RFC 9112, 3: request line`},
		{"a method with a colon", "G:T / HTTP/1.1\r\nHost: a\r\n\r\n", `RFC 9112, 3: request line`},
		{"a target without slash", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", `RFC 9112, 3: request line`},
		{"the star", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", `RFC 9112, 3: request line`},
		{"CONNECT to a path", "CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", `RFC 9112, 3: request line`},
		{"lines that end in LF", "GET / HTTP/1.1\nHost: a\n\n", "RFC 9112, 2.2: LF without CR at byte 14 of the head"},
		{"a bare CR", head + "X: a\rb\r\n\r\n", "RFC 9112, 2.2: CR without LF at byte 32 of the head"},
		{"obs-fold", head + "X: a\r\n b\r\n\r\n", `RFC 9112, 5.2: header line " b" continues the one before`},
		{"a blank before the colon", head + "X : a\r\n\r\n", `RFC 9112, 5.1: blank before the colon of header line "X : a"`},
		{"no colon", head + "X\r\n\r\n", `RFC 9112, 5: header line "X"`},
		{"a name that is no token", head + "X(y): a\r\n\r\n", `RFC 9112, 5: header line "X(y): a"`},
		{"NUL", head + "X: a\x00\r\n\r\n", `RFC 9110, 5.5: control character in header line "X: a\x00"`},
		{"length and chunks", head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "RFC 9112, 6.3: content-length with transfer-encoding"},
		{"two lengths", head + "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", "RFC 9112, 6.3: content-length comes twice"},
		{"a list of lengths", head + "Content-Length: 3, 3\r\n\r\n", `RFC 9110, 8.6: content-length "3, 3"`},
		{"a length with a sign", head + "Content-Length: +3\r\n\r\n", `RFC 9110, 8.6: content-length "+3"`},
		{"chunks in the middle", head + "Transfer-Encoding: chunked, gzip\r\n\r\n", `RFC 9112, 6.1: transfer-encoding "chunked, gzip": chunked is not the last`},
		{"chunks twice", head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", `RFC 9112, 6.1: transfer-encoding "chunked": chunked is not the last`},
		{"no chunks", head + "Transfer-Encoding: gzip\r\n\r\n", "RFC 9112, 6.3: transfer-encoding without chunked at its end"},
		{"chunks in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "RFC 9112, 6.1: transfer-encoding in HTTP/1.0"},
		{"no chunk size", chunked("\r\n"), `RFC 9112, 7.1: chunk size has byte '\r'`},
		{"a chunk size in letters", chunked("g\r\n"), `RFC 9112, 7.1: chunk size has byte 'g'`},
		{"a chunk size with 0x", chunked("0x3\r\n"), `RFC 9112, 7.1: chunk size has byte 'x'`},
		{"a chunk size that is too long", chunked("1000000000000000\r\n"), `RFC 9112, 7.1: chunk size has byte '0'`},
		{"a chunk size and a word", chunked("3 x\r\n"), `RFC 9112, 7.1.1: byte 'x' behind a chunk size`},
		{"a control character in an extension", chunked("3;\x01\r\n"), `RFC 9112, 7.1.1: byte '\x01' in a chunk extension`},
		{"LF behind a chunk size", chunked("3\n"), `RFC 9112, 7.1: byte '\n' where a line of the chunked body ends`},
		{"CR behind a chunk size", chunked("3\ra"), `RFC 9112, 7.1: byte 'a' where a line of the chunked body ends`},
		{"a chunk that is too long", chunked("3\r\nabcd"), `RFC 9112, 7.1: byte 'd' after a chunk`},
		{"a trailer without a colon", chunked("0\r\nX\r\n"), "RFC 9112, 7.1.2: a trailer without a colon"},
		{"a blank in the name of a trailer", chunked("0\r\nX : a\r\n"), `RFC 9112, 7.1.2: byte ' ' in a trailer`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := start(t, "tcp:127.0.0.1:0", "http", "{}")
			c := dial(t, srv)
			write(t, c, tt.sent)
			answer, end := readAll(c)
			if !strings.HasPrefix(answer, "HTTP/1.1 400 Bad Request\r\n") || end != "eof" {
				t.Errorf("got %q and %s, want 400 and the end", answer, end)
			}
			if got, want := await(t, srv, simulator.KindMalformed, "").Text, "malformed request: "+tt.text; !strings.HasPrefix(got, want) {
				t.Errorf("journal says\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func chunked(body string) string {
	return "POST / HTTP/1.1\r\nHost: app\r\nTransfer-Encoding: chunked\r\n\r\n" + body
}

// Once the response has begun nothing else can be said: the connection ends.
func TestBodyIsMalformedAfterTheAnswer(t *testing.T) {
	srv := start(t, "tcp:127.0.0.1:0", "http", `default: [{respond: {status: 200, body: early}}, read_body]`)
	c := dial(t, srv)
	write(t, c, chunked("x"))
	answer, end := readAll(c)
	if strings.Contains(answer, "400") || !strings.HasSuffix(answer, "early") || end != "eof" {
		t.Errorf("got %q, %s", answer, end)
	}
	await(t, srv, simulator.KindMalformed, "")
}

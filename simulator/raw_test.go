package simulator_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/badgateway/badgateway/simulator"
)

// raws are plans of protocol raw: what the peer sends, and what it reads to the end.
var raws = []struct{ name, plan, sends, answer, end string }{
	{"an eager server at accept", `default: [{speak: ssh}, fin]`, "", "SSH-2.0-OpenSSH_9.6\r\n", "eof"},
	{"an eager server before the request is read", `default: [{speak: mysql}, {read_n: 5}, {send: again}, fin]`, "GET / HTTP/1.1\r\n\r\n", "\x4a\x00\x00\x00\x0a8.0.36\x00", "eof"},
	{"a lazy server", `default: [{read_n: 1}, {speak: redis_error}, fin]`, "GET / HTTP/1.1\r\n\r\n", "-ERR unknown command 'GET'", "eof"},
	{"a lazy server that waits for a line", `default: [{read_until: "\n"}, {send: "220 go on\r\n"}, {read_until: "\r\n\r\n"}, fin]`, "EHLO a\r\nMAIL\r\n\r\n", "220 go on\r\n", "eof"},
	{"HTTP/2 to HTTP/1", `default: [{read_n: 1}, {speak: http2_settings}, fin]`, "GET / HTTP/1.1\r\n\r\n", "\x00\x00\x12\x04\x00", "eof"},
	{"FastCGI to HTTP", `default: [{read_n: 1}, {speak: fastcgi}, fin]`, "GET / HTTP/1.1\r\n\r\n", "\x01\x03\x00\x01\x00\x08", "eof"},
	{"an alert to HTTP", `default: [{read_n: 1}, {speak: tls_alert}, fin]`, "GET / HTTP/1.1\r\n\r\n", "\x15\x03\x03\x00\x02\x02\x46", "eof"},
	{"HTTP to FastCGI", `default: [{read_n: 8}, {speak: http}, fin]`, "\x01\x01\x00\x01\x00\x08\x00\x00", "HTTP/1.1 400 ", "eof"},
	{"a whole response at accept", `default: [{respond: {status: 503, body: early}}]`, "", "HTTP/1.1 503 Service Unavailable", "eof"},
	{"a file", `default: [{send_file: dir/answer.bin}]`, "", "from a file", "eof"},
	{"echo of some", `default: [{echo: 5}, {send: "!"}]`, "hello world", "hello!", "eof"},
	{"reset after a part", `default: [{read_n: 2}, {send: part}, flush, rst]`, "hello", "part", "ECONNRESET"},
	{"a rule at accept and then the script", `{connections: [{match: {conn: 1}, script: [{send: "one "}]}], default: [{send: two}]}`, "", "one two", "eof"},
	{"a cut", `default: [{read_n: 1}, {cut_at: {mark: start, plus: 4, then: [flush, rst]}}, {speak: ssh}, {send: x}]`, "hello", "SSH-", "ECONNRESET"},
}

func TestRaw(t *testing.T) {
	for _, tt := range raws {
		t.Run(tt.name, func(t *testing.T) {
			for _, network := range []string{"tcp", "unix"} {
				plan, err := simulator.ParsePlan("p.yaml", []byte(tt.plan))
				if err != nil {
					t.Fatal(err)
				}
				srv, err := simulator.New(simulator.Config{Listen: listenOn(t, network), Protocol: "raw", Plan: plan,
					Files: fstest.MapFS{"dir/answer.bin": {Data: []byte("from a file")}}})
				if err == nil {
					err = srv.Start()
				}
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = srv.Close() })
				c := dial(t, srv)
				write(t, c, tt.sends)
				answer, end := readAll(c)
				if !strings.HasPrefix(answer, tt.answer) || end != tt.end {
					t.Errorf("%s: got %q and %s, want %q and %s", network, answer, end, tt.answer, tt.end)
				}
				_ = c.Close()
				await(t, srv, simulator.KindClose, "")
				wantNoFailure(t, srv)
			}
		})
	}
}

// Without a plan, raw sends back what comes; the journal tells what was read where a step reads.
func TestRawEchoAndJournal(t *testing.T) {
	srv := start(t, listenOn(t, "tcp"), "raw", `{}`)
	c := dial(t, srv)
	for _, text := range []string{"hello", strings.Repeat("x", 20000)} {
		write(t, c, text)
		back := make([]byte, len(text))
		if _, err := io.ReadFull(c, back); err != nil || string(back) != text {
			t.Errorf("got %d bytes back, %v", len(back), err)
		}
	}
	_ = c.Close()
	if e := await(t, srv, simulator.KindClose, ""); e.By != simulator.ByPeer {
		t.Errorf("ended by %s, want peer", e.By)
	}
	srv = start(t, listenOn(t, "tcp"), "raw", `default: [{read_n: 3}, {read_until: c}, fin]`)
	write(t, dial(t, srv), "\x1b[mabc")
	first := await(t, srv, simulator.KindRead, "")
	second, err := srv.Await(within(t), first.Seq, func(e simulator.Entry) bool { return e.Kind == simulator.KindRead })
	if err != nil || first.Text != `"\x1b[m"` || first.Bytes != 3 || second.Text != `"abc"` {
		t.Errorf("got %q and %q, %v", first.Text, second.Text, err)
	}
}

// A request's body is read in part, and then the connection is reset.
func TestReadNOfABody(t *testing.T) {
	endpoints(t, func(t *testing.T, listen, protocol string) {
		if protocol == "uwsgi" {
			t.Skip("uwsgi's body is read until the peer ends")
		}
		srv := start(t, listen, protocol, `default: [{read_n: 4}, rst]`)
		c := dial(t, srv)
		write(t, c, requestBytes(protocol, "POST", "/", "0123456789"))
		if answer, end := readAll(c); answer != "" || end != "ECONNRESET" {
			t.Errorf("got %q and %s, want ECONNRESET", answer, end)
		}
		wantNoFailure(t, srv)
	})
}

const upgradeRequest = "GET /chat HTTP/1.1\r\nHost: app\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

// After 101 both sides exchange bytes, and then the connection ends as the script has it.
func TestUpgrade(t *testing.T) {
	for _, tt := range []struct{ script, end string }{
		{"upgrade, {echo: 5}", "eof"}, {"upgrade, {echo: 5}, fin", "eof"}, {"upgrade, {echo: 5}, flush, rst", "ECONNRESET"},
		{"{sleep: 1ms}, {upgrade: {header: {X-A: b}}}, {echo: 5}, fin", "eof"},
	} {
		for _, network := range []string{"tcp", "unix"} {
			srv := start(t, listenOn(t, network), "http", "default: ["+tt.script+"]")
			c := dial(t, srv)
			write(t, c, upgradeRequest)
			r := bufio.NewReader(c)
			resp, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatal(err)
			}
			// The key and its answer are the example of RFC 6455, 1.3.
			if resp.StatusCode != 101 || resp.Header.Get("Upgrade") != "websocket" || resp.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
				t.Errorf("got %s with %v", resp.Status, resp.Header)
			}
			write(t, c, "hello")
			if network == "unix" && tt.end != "eof" {
				write(t, c, "!") // something must lie unread
			}
			back := make([]byte, 5)
			if _, err := io.ReadFull(r, back); err != nil || string(back) != "hello" {
				t.Errorf("got %q back, %v", back, err)
			}
			if _, end := readAll(readerConn{c, r}); end != tt.end {
				t.Errorf("%s %s: the peer reads %s, want %s", network, tt.script, end, tt.end)
			}
		}
	}
}

// readerConn reads through what is buffered.
type readerConn struct {
	net.Conn
	r *bufio.Reader
}

func (c readerConn) Read(p []byte) (int, error) { return c.r.Read(p) }

// An upgraded connection that falls silent ends with the peer; other protocols than WebSocket have no key.
func TestUpgradeHangs(t *testing.T) {
	srv := start(t, listenOn(t, "tcp"), "http", `default: [{upgrade: h2c}, {read_n: 3}, hang]`)
	c := dial(t, srv)
	write(t, c, upgradeRequest)
	var head strings.Builder
	if _, err := fmt.Fprint(&head, readHTTP(t, c)); err != nil || strings.Contains(head.String(), "Accept") || !strings.Contains(head.String(), "Upgrade: h2c") {
		t.Errorf("got %q", head.String())
	}
	write(t, c, "abc")
	await(t, srv, simulator.KindStep, "hang")
	_ = c.Close()
	if e := await(t, srv, simulator.KindClose, ""); e.By != simulator.ByPeer {
		t.Errorf("ended by %s, want peer", e.By)
	}
}

// Over TLS raw speaks after the handshake, and STARTTLS in the middle.
func TestRawOverTLS(t *testing.T) {
	srv := start(t, listenOn(t, "tcp"), "raw", `{endpoint: {tls: good}, default: [{speak: smtp}, {read_until: "\r\n"}, {send: "221 bye\r\n"}, fin]}`)
	if answer, end := talk(t, dial(t, srv), trusting(t, srv), "QUIT\r\n"); answer != "220 mail.test ESMTP ready\r\n221 bye\r\n" || end != "close_notify or fin" {
		t.Errorf("got %q and %s", answer, end)
	}
	wantNoFailure(t, srv)
	srv = start(t, listenOn(t, "unix"), "raw", `default: [{send: "220\n"}, {read_until: "\n"}, {send: "go\n"}, handshake, {echo: 2}, fin]`)
	c := dial(t, srv)
	write(t, c, "STARTTLS\n")
	plain := make([]byte, len("220\ngo\n"))
	if _, err := io.ReadFull(c, plain); err != nil || string(plain) != "220\ngo\n" {
		t.Fatalf("got %q, %v", plain, err)
	}
	if answer, end := talk(t, c, trusting(t, srv), "hi"); answer != "hi" || end != "close_notify or fin" {
		t.Errorf("got %q and %s", answer, end)
	}
	wantNoFailure(t, srv)
}

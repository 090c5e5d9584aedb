package simulator_test

import (
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/badgateway/badgateway/simulator"
)

type ending struct {
	name, plan string
	method     string
	peer, end  string
	answer     string // what the answer contains
}

// endings are scripts with what the peer reads at the end and what the journal says of it.
var endings = []ending{
	{"fin on the request", `default: [fin]`, "GET", "eof", "fin", ""},
	{"fin on a post", `default: [fin]`, "POST", "eof", "fin", ""},
	{"fin after the body", `default: [read_body, fin]`, "POST", "eof", "fin", ""},
	{"fin after the answer", `default: [serve, fin]`, "POST", "eof", "fin", "ok\n"},
	{"rst on the request", `default: [rst]`, "GET", "ECONNRESET", "rst", ""},
	{"rst on a post", `default: [rst]`, "POST", "ECONNRESET", "rst", ""},
	{"rst after the body", `default: [read_body, rst]`, "POST", "ECONNRESET", "rst", ""},
	{"rst after a delivered answer", `default: [serve, flush, rst]`, "POST", "ECONNRESET", "rst", "ok\n"},
	{"fin at accept", `connections: [{script: [fin]}]`, "GET", "eof", "fin", ""},
	{"rst at accept", `connections: [{script: [read_head, rst]}]`, "GET", "ECONNRESET", "rst", ""},
	{"close with unread input", `default: [leave_unread, close]`, "POST", "ECONNRESET", "rst", ""},
	{"close after everything was read", `default: [serve, close]`, "POST", "eof", "fin", "ok\n"},
	{"fin in the header", `default: [{cut_at: {mark: header, index: 1, plus: 4, then: [fin]}}, serve]`, "GET", "eof", "fin", "\r\nCont"},
	{"rst in the header", `default: [{cut_at: {mark: header, plus: 3, then: [flush, rst]}}, serve]`, "GET", "ECONNRESET", "rst", "\r\nCon"},
	{"rst in the body", `default: [{cut_at: {mark: body, plus: 5, then: [flush, rst]}}, {respond: {body: 0123456789}}]`, "POST", "ECONNRESET", "rst", "01234"},
	{"fin in the body", `default: [{cut_at: {mark: body, plus: 5, then: [fin]}}, {respond: {body: 0123456789}}]`, "GET", "eof", "fin", "01234"},
	{"linger close", `default: [{respond: {status: 413}}, linger_close]`, "GET", "eof", "fin", "413"},
}

func TestEndings(t *testing.T) {
	for _, e := range endings {
		t.Run(e.name, func(t *testing.T) {
			endpoints(t, e.check)
			for _, network := range []string{"tcp", "unix"} {
				t.Run(network+"/uwsgi", func(t *testing.T) { e.check(t, listenOn(t, network), "uwsgi") })
			}
		})
	}
}

func (e ending) check(t *testing.T, listen, protocol string) {
	plan := strings.ReplaceAll(e.plan, "body: 0123456789", `body: "0123456789"`)
	srv := start(t, listen, protocol, plan)
	c := dial(t, srv)
	write(t, c, requestBytes(protocol, e.method, "/", bodyOf(e.method)))
	answer, end := readAll(c)
	if end != e.peer {
		t.Errorf("the peer reads %s after %q, want %s", end, answer, e.peer)
	}
	if !strings.Contains(answer, e.answer) || e.answer == "" && answer != "" {
		t.Errorf("got %q, want it to contain %q", answer, e.answer)
	}
	_ = c.Close()
	if got := await(t, srv, simulator.KindClose, ""); got.End != e.end || got.By != simulator.ByLocal {
		t.Errorf("journal says %s by %s, want %s by local", got.End, got.By, e.end)
	}
	wantNoFailure(t, srv)
}

func bodyOf(method string) string {
	if method == "POST" {
		return "some=thing"
	}
	return ""
}

// A reset must not depend on whether the request came before or after the connection was accepted.
func TestResetAtAcceptWaitsForInputOnUnix(t *testing.T) {
	srv := start(t, listenOn(t, "unix"), "http", `connections: [{script: [rst]}]`)
	c := dial(t, srv)
	await(t, srv, simulator.KindStep, "rst")
	write(t, c, "G")
	if _, end := readAll(c); end != "ECONNRESET" {
		t.Errorf("the peer reads %s, want ECONNRESET", end)
	}
	wantNoFailure(t, srv)
}

func TestResetAtAcceptOnTCP(t *testing.T) {
	srv := start(t, listenOn(t, "tcp"), "http", `connections: [{match: {conn: 2}, script: [rst]}]`)
	first := dial(t, srv)
	// The reset can be faster than connect(2)'s return.
	second, err := net.Dial("tcp", srv.Addr()[len("tcp:"):])
	if err == nil {
		defer func() { _ = second.Close() }()
		_, err = second.Read(make([]byte, 1))
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the second connection got %v, want ECONNRESET", err)
	}
	write(t, first, requestBytes("http", "GET", "/", ""))
	if got := readResponse(t, first, "http"); !strings.HasSuffix(got, "ok\n") {
		t.Errorf("the first connection got %q", got)
	}
}

// A body cut off by a reset that follows its delivery must reach the peer whole up to the cut, also when it fills the socket's buffers.
func TestFlushProvesDelivery(t *testing.T) {
	const size = 3 << 20
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			srv := start(t, listenOn(t, network), "http",
				`default: [{cut_at: {mark: body, plus: 3145728, then: [flush, rst]}}, {respond: {fill: 8MiB}}]`)
			c := dial(t, srv)
			write(t, c, requestBytes("http", "GET", "/", ""))
			answer, end := readAll(c)
			_, body, _ := strings.Cut(answer, "\r\n\r\n")
			if len(body) != size || end != "ECONNRESET" {
				t.Errorf("got %d body bytes and %s, want %d and ECONNRESET", len(body), end, size)
			}
			wantNoFailure(t, srv)
		})
	}
}

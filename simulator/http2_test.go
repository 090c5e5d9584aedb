package simulator_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/simulator"
	"golang.org/x/net/http2"
)

// A client that somebody else wrote must understand our answers, on one connection for all of them.
func TestServesHTTP2Transport(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			srv := start(t, listenOn(t, network), "http2", `
exchanges:
  - {match: {path: /big, method: POST, header: {Host: app, X-Test: "*"}}, script: [{respond: {status: 404, header: {X-A: b}, header_of: {X-Big: 64KiB}, fill: 5MiB, trailer: {Grpc-Status: 7}}}]}`)
			client := transport(t, srv)
			for i := range 3 {
				req, _ := http.NewRequest("POST", "http://app/big?n=1", strings.NewReader(strings.Repeat("body", 100_000)))
				req.Header.Set("X-Test", "yes")
				resp, err := client.RoundTrip(req)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if resp.StatusCode != 404 || len(resp.Header.Get("X-Big")) != 64<<10 || len(body) != 5<<20 || resp.Trailer.Get("Grpc-Status") != "7" || err != nil {
					t.Errorf("got %s, %d bytes, trailers %v, %v", resp.Status, len(body), resp.Trailer, err)
				}
				e := awaitMatch(t, srv, func(e simulator.Entry) bool { return e.Kind == simulator.KindBody && e.Exchange == i+1 })
				if e.Bytes != 400_000 || e.Stream != uint32(2*i+1) || e.Conn != 1 {
					t.Errorf("journal says %+v, want 400000 bytes of stream %d", e, 2*i+1)
				}
			}
			wantNoFailure(t, srv)
		})
	}
}

// Exchanges of one connection are served side by side: one hangs, another is answered, a third is stalled in its body.
func TestStreamsAreServedSideBySide(t *testing.T) {
	srv := start(t, "tcp:127.0.0.1:0", "http2", `
exchanges:
  - {match: {path: /hang}, script: [hang]}
  - {match: {path: /wait}, script: [{stall_at: {mark: body, plus: 2, gate: go}}, {respond: {body: abcd, records: {size: 2}}}]}
  - {match: {path: /reset}, script: [{rst_stream: INTERNAL_ERROR}]}`)
	c := dialHTTP2(t, srv)
	c.get(1, "/hang")
	c.get(3, "/fine")
	c.want("HEADERS 3", "DATA 3 END")
	c.get(5, "/wait")
	c.want("HEADERS 5", "DATA 5")
	c.get(7, "/reset")
	c.want("RST_STREAM 7 INTERNAL_ERROR")
	if err := srv.Gate("go").AwaitWaiting(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	srv.Gate("go").Open()
	c.want("DATA 5 END")
	c.must(c.WriteRSTStream(1, http2.ErrCodeCancel))
	if e := await(t, srv, simulator.KindReset, ""); e.Stream != 1 || e.Text != "CANCEL" || e.Exchange != 1 {
		t.Errorf("journal says %+v, want stream 1 reset by CANCEL", e)
	}
	c.get(9, "/fine")
	c.want("HEADERS 9", "DATA 9 END")
	if got := srv.Status(); got.Accepted != 1 {
		t.Errorf("got %d connections", got.Accepted)
	}
}

// What the protocol itself asks for is answered unless the plan says otherwise.
func TestAnswersOfTheProtocol(t *testing.T) {
	srv := start(t, "tcp:127.0.0.1:0", "http2", `connections: [{match: {conn: 2}, script: [{settings: {max_concurrent_streams: 9}}, {ignore: [settings, pings]}]}]`)
	c := dialHTTP2(t, srv)
	c.must(c.WritePing(false, [8]byte{1, 2, 3}))
	c.want("SETTINGS", "SETTINGS ACK", "PING ACK")
	c = dialHTTP2(t, srv)
	c.must(c.WritePing(false, [8]byte{1, 2, 3}))
	c.get(1, "/")
	c.want("SETTINGS MAX_CONCURRENT_STREAMS=9", "HEADERS 1", "DATA 1 END")
}

// DATA waits for the peer's window (RFC 9113, 6.9), and a request's body for ours.
func TestFlowControl(t *testing.T) {
	srv := start(t, "tcp:127.0.0.1:0", "http2", `
exchanges:
  - {match: {method: GET}, script: [{respond: {fill: 48KiB}}]}
  - {match: {path: /unread}, script: [{wait: read}, read_body, serve]}`)
	c := dialHTTP2(t, srv, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 16 << 10})
	c.get(1, "/")
	c.want("SETTINGS", "SETTINGS ACK", "HEADERS 1", "DATA 1")
	c.must(c.WritePing(false, [8]byte{}))
	c.want("PING ACK") // and no more DATA
	c.must(c.WriteWindowUpdate(1, 32<<10))
	c.want("DATA 1", "DATA 1 END")

	c.headers(3, "POST", "/unread", false)
	for range 3 {
		c.must(c.WriteData(3, false, make([]byte, 16<<10)))
	}
	c.want("WINDOW_UPDATE 0") // the connection's is given back at once
	if err := srv.Gate("read").AwaitWaiting(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	c.must(c.WritePing(false, [8]byte{}))
	c.want("PING ACK") // and no window of the stream
	srv.Gate("read").Open()
	c.want("WINDOW_UPDATE 3")
	c.must(c.WriteData(3, true, nil))
	c.want("HEADERS 3", "DATA 3 END")
}

// A plan can hold the peer's body back for ever.
func TestNoWindow(t *testing.T) {
	srv := start(t, "tcp:127.0.0.1:0", "http2", `connections: [{script: [{settings: {initial_window_size: 0}}, {ignore: [window]}]}]`)
	c := dialHTTP2(t, srv)
	c.want("SETTINGS INITIAL_WINDOW_SIZE=0", "SETTINGS ACK")
	c.headers(1, "POST", "/", false)
	c.must(c.WritePing(false, [8]byte{}))
	c.want("PING ACK")
}

func TestGoAway(t *testing.T) {
	srv := start(t, "tcp:127.0.0.1:0", "http2", `default: [{goaway: {code: ENHANCE_YOUR_CALM, last_stream: 1, debug: calm}}, fin]`)
	c := dialHTTP2(t, srv)
	c.get(3, "/")
	c.want("SETTINGS", "SETTINGS ACK", "GOAWAY 1 ENHANCE_YOUR_CALM calm", "EOF")
	_ = c.conn.Close()
	if e := await(t, srv, simulator.KindClose, ""); e.End != simulator.EndFIN || e.By != simulator.ByLocal || e.Exchange != 1 {
		t.Errorf("journal says %+v", e)
	}
	wantNoFailure(t, srv)
}

// The peer breaks the protocol.
func TestHTTP2ServerGetsSomethingElse(t *testing.T) {
	for request, want := range map[string]string{
		requestBytes("http", "GET", "/", ""):                          "no HTTP/2 preface",
		http2.ClientPreface + "\x00\x00\x01\x00\x00\x00\x00\x00\x01x": "PROTOCOL_ERROR",
	} {
		srv := start(t, "tcp:127.0.0.1:0", "http2", `{}`)
		nc := dial(t, srv)
		write(t, nc, request)
		c := &h2Client{Framer: http2.NewFramer(nc, nc), t: t, conn: nc}
		c.want("SETTINGS", "GOAWAY 0 PROTOCOL_ERROR ", "EOF")
		if e := await(t, srv, simulator.KindMalformed, ""); !strings.Contains(e.Text, want) {
			t.Errorf("journal says %q, want %q", e.Text, want)
		}
	}
}

// An HTTP/1 server on the port, a server that stops after its preface, one that never speaks.
func TestConnectionRulesOfHTTP2(t *testing.T) {
	srv := start(t, "tcp:127.0.0.1:0", "http2", `
connections:
  - {match: {conn: 1}, script: [read_preface, {send: "HTTP/1.1 400 Bad Request\r\n\r\n"}, fin]}
  - {match: {conn: 2}, script: [read_preface, {settings: {}}, hang]}`)
	c := dialHTTP2(t, srv)
	if answer, end := readAll(c.conn); !strings.HasPrefix(answer, "HTTP/1.1 400") || end != "eof" {
		t.Errorf("got %q, %s", answer, end)
	}
	c = dialHTTP2(t, srv)
	c.want("SETTINGS")
	await(t, srv, simulator.KindStep, "hang")
}

func TestEndingsOfHTTP2(t *testing.T) {
	for _, tt := range []struct{ name, plan, peer, end, answer string }{
		{"fin", `default: [fin]`, "eof", "fin", ""},
		{"rst", `default: [rst]`, "ECONNRESET", "rst", ""},
		{"close", `default: [close]`, "eof", "fin", ""},
		{"fin after the head", `default: [{cut_at: {mark: head_end, then: [fin]}}, serve]`, "eof", "fin", "text/plain"},
		{"rst in the body", `default: [{cut_at: {mark: body, plus: 2, then: [flush, rst]}}, {respond: {header: {A: b}, body: xyz}}]`, "ECONNRESET", "rst", "xy"},
		{"half a frame", `default: [{cut_at: {mark: frame_header, plus: 4, then: [flush, fin]}}, serve]`, "eof", "fin", ""},
		{"after the answer", `default: [serve, fin]`, "eof", "fin", "ok\n"},
		{"rst at accept", `connections: [{script: [read_preface, rst]}]`, "ECONNRESET", "rst", ""},
	} {
		for _, network := range []string{"tcp", "unix"} {
			t.Run(network+"/"+tt.name, func(t *testing.T) {
				srv := start(t, listenOn(t, network), "http2", tt.plan)
				c := &h2Client{t: t, conn: dial(t, srv)}
				var request bytes.Buffer
				c.Framer = http2.NewFramer(&request, nil)
				c.must(c.WriteSettings())
				c.get(1, "/")
				write(t, c.conn, http2.ClientPreface+request.String())
				answer, end := readAll(c.conn)
				if end != tt.peer || !strings.Contains(answer, hpackText(tt.answer)) {
					t.Errorf("the peer reads %q and %s, want %q and %s", answer, end, tt.answer, tt.peer)
				}
				_ = c.conn.Close()
				if got := await(t, srv, simulator.KindClose, ""); got.End != tt.end || got.By != simulator.ByLocal {
					t.Errorf("journal says %s by %s, want %s by local", got.End, got.By, tt.end)
				}
				wantNoFailure(t, srv)
			})
		}
	}
}

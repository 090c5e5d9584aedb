package simulator_test

import (
	"strings"
	"testing"

	"github.com/badgateway/badgateway/simulator"
	"golang.org/x/net/http2"
)

// The peer's DATA must fit into the window of the connection, which is given back no more here, and
// into that of its stream.
func TestConnectionWindow(t *testing.T) {
	srv := start(t, "tcp:127.0.0.1:0", "http2", `
connections: [{script: [{ignore: [window]}]}]
default: [{wait: never}]`)
	c := dialHTTP2(t, srv)
	c.headers(1, "POST", "/", false)
	c.headers(3, "POST", "/", false)
	for _, stream := range []uint32{1, 3, 1} {
		c.data(stream, 16<<10)
	}
	c.data(3, 16<<10-1)
	c.must(c.WritePing(false, [8]byte{}))
	c.want("PING ACK") // 65535 bytes are no violation
	wantNoFailure(t, srv)
	c.data(1, 1)
	c.want("GOAWAY 3 FLOW_CONTROL_ERROR ", "EOF")
	wantViolation(t, srv, "RFC 9113, 6.9.1: DATA is 1 bytes above the connection's window", "GOAWAY 3 FLOW_CONTROL_ERROR")
}

// Settings of this side hold for the peer once it has acknowledged them, and those that allow it
// more at once (RFC 9113, 6.5.3).
func TestSettingsHoldOnceAcknowledged(t *testing.T) {
	srv := start(t, "tcp:127.0.0.1:0", "http2", `
connections:
  - {match: {conn: 1}, script: [{settings: {initial_window_size: 3, max_concurrent_streams: 1, max_frame_size: 20000}}, {ignore: [window]}]}
default: [{wait: never}]`)
	c := dialHTTP2(t, srv)
	c.want("SETTINGS MAX_CONCURRENT_STREAMS=1 INITIAL_WINDOW_SIZE=3 MAX_FRAME_SIZE=20000", "SETTINGS ACK")
	c.headers(1, "POST", "/", false)
	c.headers(3, "POST", "/", false)
	c.data(1, 20000)
	c.data(3, 2)
	c.must(c.WritePing(false, [8]byte{}))
	c.want("PING ACK")
	wantNoFailure(t, srv)
	c.must(c.WriteSettingsAck())
	c.data(3, 2)
	c.want("RST_STREAM 3 FLOW_CONTROL_ERROR")
	wantViolation(t, srv, "RFC 9113, 6.9.1: DATA is 1 bytes above the stream's window", "RST_STREAM 3 FLOW_CONTROL_ERROR")
	c.get(5, "/")
	c.want("RST_STREAM 5 REFUSED_STREAM")
	e := awaitMatch(t, srv, func(e simulator.Entry) bool { return e.Kind == simulator.KindMalformed && e.Stream == 5 })
	if want := "RFC 9113, 5.1.2: a stream above the limit of 1; answered by RST_STREAM REFUSED_STREAM"; e.Text != want {
		t.Errorf("journal says %q, want %q", e.Text, want)
	}
}

// What a peer sends before it can know of a reset, or after an end that it may not have seen, is no
// violation (RFC 9113, 5.1).
func TestLateFramesOfHTTP2(t *testing.T) {
	srv := start(t, "tcp:127.0.0.1:0", "http2", `
exchanges:
  - {match: {path: /reset}, script: [{rst_stream: CANCEL}]}
  - {match: {path: /early}, script: [{respond: {body: ok}}]}`)
	c := dialHTTP2(t, srv)
	c.headers(1, "POST", "/reset", false)
	c.want("RST_STREAM 1 CANCEL")
	c.data(1, 4)
	c.must(c.WriteWindowUpdate(1, 1))
	c.fields(1, true, "x", "y")
	c.must(c.WriteRSTStream(1, http2.ErrCodeCancel))
	c.get(3, "/early")
	c.want("HEADERS 3", "DATA 3 END")
	c.must(c.WriteWindowUpdate(3, 1))
	c.must(c.WriteRSTStream(3, http2.ErrCodeNo))
	c.must(c.WritePriority(3, http2.PriorityParam{StreamDep: 1}))
	c.must(c.WritePing(false, [8]byte{}))
	c.want("PING ACK")
	wantNoFailure(t, srv)
}

// DATA is cut to the peer's window, and goes on as that grows. What a script does at a mark is done
// at the same byte of the body.
func TestSmallWindow(t *testing.T) {
	for name, plan := range map[string]string{
		"whole":         `default: [{respond: {body: "hello, world"}}]`,
		"dribbled":      `default: [{dribble: {size: 5, gap: 1ms}}, {respond: {body: "hello, world"}}]`,
		"stalled":       `default: [{stall_at: {mark: body, plus: 4, for: 1ms}}, {respond: {body: "hello, world"}}]`,
		"in the header": `default: [{stall_at: {mark: frame_header, index: 1, plus: 4, for: 1ms}}, {respond: {body: "hello, world"}}]`,
		"at a boundary": `default: [{stall_at: {mark: body, plus: 3, for: 1ms}}, {respond: {body: "hello, world"}}]`,
		"in frames":     `default: [{respond: {body: "hello, world", records: {size: 7}}}]`,
		"trailers":      `default: [{respond: {body: "hello, world", trailer: {a: b}}}]`,
	} {
		t.Run(name, func(t *testing.T) {
			srv := start(t, "tcp:127.0.0.1:0", "http2", plan)
			c := dialHTTP2(t, srv, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 3})
			c.want("SETTINGS", "SETTINGS ACK")
			c.get(1, "/")
			c.want("HEADERS 1")
			var body strings.Builder
			for room := 3; ; {
				f, err := c.ReadFrame()
				c.must(err)
				switch f := f.(type) {
				case *http2.DataFrame:
					body.Write(f.Data())
					if room -= len(f.Data()); room < 0 {
						t.Fatalf("%d bytes above the window", -room)
					}
					if room == 0 && body.Len() == 3 {
						c.must(c.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 2}))
						c.must(c.WriteWindowUpdate(1, 1)) // back to 0
					}
					if room == 0 && body.Len() < 12 {
						room = min(4, 12-body.Len())
						c.must(c.WriteWindowUpdate(1, uint32(room)))
					}
				}
				if end, ok := f.(interface{ StreamEnded() bool }); ok && end.StreamEnded() {
					break
				}
			}
			if got := body.String(); got != "hello, world" {
				t.Errorf("got %q", got)
			}
			wantNoFailure(t, srv)
		})
	}
}

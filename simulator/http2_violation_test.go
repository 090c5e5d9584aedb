package simulator_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/simulator"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// violationsPlan keeps the streams of some paths open.
const violationsPlan = `
exchanges:
  - {match: {path: /wait}, script: [{wait: never}]}
  - {match: {path: /read}, script: [read_body, {wait: never}]}
  - {match: {path: /reset}, script: [{rst_stream: INTERNAL_ERROR}, {wait: never}]}
  - {match: {path: /small}, script: [{settings: {initial_window_size: 3}}, {wait: never}]}`

// What a peer does wrong is answered as the RFC has it, and journaled with the section. h2spec is
// the longer list; these are what it leaves out, and the exact words.
func TestHTTP2Violations(t *testing.T) {
	for name, tt := range map[string]struct {
		send func(c *h2Client)
		want string // what is answered, behind SETTINGS and their acknowledgment
		text string
	}{
		"DATA above the stream's window": {func(c *h2Client) {
			c.headers(1, "POST", "/wait", false)
			for range 5 {
				c.data(1, 16<<10)
			}
		}, "WINDOW_UPDATE 0, WINDOW_UPDATE 0, RST_STREAM 1 FLOW_CONTROL_ERROR", "RFC 9113, 6.9.1: DATA is 1 bytes above the stream's window"},
		"DATA on an idle stream": {func(c *h2Client) { c.data(1, 4) },
			"GOAWAY 0 PROTOCOL_ERROR , EOF", "RFC 9113, 5.1: DATA on stream 1, which is idle"},
		"DATA after END_STREAM": {func(c *h2Client) { c.get(1, "/wait"); c.data(1, 4) },
			"RST_STREAM 1 STREAM_CLOSED", "RFC 9113, 5.1: DATA on stream 1, which the peer has ended"},
		"DATA after its own reset": {func(c *h2Client) {
			c.headers(1, "POST", "/wait", false)
			c.must(c.WriteRSTStream(1, http2.ErrCodeCancel))
			c.data(1, 4)
		}, "RST_STREAM 1 STREAM_CLOSED", "RFC 9113, 5.1: DATA on stream 1, which the peer has reset"},
		"DATA on a closed stream": {func(c *h2Client) { c.get(1, "/"); c.want("HEADERS 1", "DATA 1 END"); c.data(1, 4) },
			"GOAWAY 1 STREAM_CLOSED , EOF", "RFC 9113, 5.1: DATA on stream 1, which is closed"},
		"a skipped stream": {func(c *h2Client) { c.get(5, "/wait"); c.get(3, "/wait") },
			"GOAWAY 5 PROTOCOL_ERROR , EOF", "RFC 9113, 5.1.1: HEADERS on stream 3 after stream 5"},
		"more DATA than content-length": {func(c *h2Client) {
			c.fields(1, false, request("POST", "/wait", "content-length", "3")...)
			c.data(1, 4)
		}, "RST_STREAM 1 PROTOCOL_ERROR", "RFC 9113, 8.1.1: 4 bytes of DATA, content-length is 3"},
		"trailers before all DATA": {func(c *h2Client) {
			c.fields(1, false, request("POST", "/wait", "content-length", "3")...)
			c.fields(1, true, "x", "y")
		}, "RST_STREAM 1 PROTOCOL_ERROR", "RFC 9113, 8.1.1: 0 bytes of DATA, content-length is 3"},
		"SETTINGS come late": {nil, "GOAWAY 0 PROTOCOL_ERROR , EOF", "RFC 9113, 3.4: PING before the first SETTINGS"},
		"a SETTINGS acknowledgment too many": {func(c *h2Client) { c.must(c.WriteSettingsAck()); c.must(c.WriteSettingsAck()) },
			"GOAWAY 0 PROTOCOL_ERROR , EOF", "RFC 9113, 6.5: SETTINGS were acknowledged that were not sent"},
		"a window of streams above the maximum": {func(c *h2Client) {
			c.get(1, "/wait")
			c.must(c.WriteWindowUpdate(1, 1<<30))
			c.must(c.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1<<31 - 1}))
		}, "GOAWAY 1 FLOW_CONTROL_ERROR , EOF", "RFC 9113, 6.9.2: [INITIAL_WINDOW_SIZE = 2147483647] puts the window of stream 1 above 2^31-1"},
		"padding of a header block that is too long": {func(c *h2Client) {
			c.must(c.WriteRawFrame(http2.FrameHeaders, http2.FlagHeadersPadded|http2.FlagHeadersEndHeaders, 1, []byte{9, 0x82}))
		}, "GOAWAY 0 PROTOCOL_ERROR , EOF", "RFC 9113, 6.2: the padding is longer than what it pads"},
		"HEADERS without the padding they promise": {func(c *h2Client) {
			c.must(c.WriteRawFrame(http2.FrameHeaders, http2.FlagHeadersPadded|http2.FlagHeadersEndHeaders, 1, nil))
		}, "GOAWAY 0 FRAME_SIZE_ERROR , EOF", "RFC 9113, 4.2: HEADERS is too short for what its flags promise"},
		"a frame that is too long": {func(c *h2Client) { c.must(c.WriteRawFrame(99, 0, 1, make([]byte, 16<<10+1))) },
			"GOAWAY 0 FRAME_SIZE_ERROR , EOF", "RFC 9113, 4.2: UNKNOWN_FRAME_TYPE_99 frame of 16385 bytes"},
		"a header block with an index that is too high": {func(c *h2Client) {
			c.must(c.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0xc6}, EndHeaders: true}))
		}, "GOAWAY 0 COMPRESSION_ERROR , EOF", "RFC 7541, 2.3.3: decoding error: invalid indexed representation index 70"},
		"a header block that ends early": {func(c *h2Client) {
			c.must(c.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0x82, 0x40}, EndHeaders: true}))
		}, "GOAWAY 0 COMPRESSION_ERROR , EOF", "RFC 9113, 4.3: decoding error: truncated headers"},
		"the table size at a block's end": {func(c *h2Client) {
			c.must(c.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte("\x40\x01x\x01y")}))
			c.must(c.WriteContinuation(1, true, []byte{0x21}))
		}, "GOAWAY 0 COMPRESSION_ERROR , EOF", "RFC 7541, 4.2: decoding error: dynamic table size update MUST occur at the beginning of a header block"},
		"PING between HEADERS and CONTINUATION": {func(c *h2Client) {
			c.must(c.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0x82}}))
			c.must(c.WritePing(false, [8]byte{}))
		}, "GOAWAY 0 PROTOCOL_ERROR , EOF", "RFC 9113, 6.10: got PING for stream 0; expected CONTINUATION following HEADERS for stream 1"},
		"PUSH_PROMISE": {func(c *h2Client) {
			c.must(c.WritePushPromise(http2.PushPromiseParam{StreamID: 1, PromiseID: 2, EndHeaders: true}))
		}, "GOAWAY 0 PROTOCOL_ERROR , EOF", "RFC 9113, 8.4: PUSH_PROMISE from a client"},
		"WINDOW_UPDATE of nothing on an idle stream": {func(c *h2Client) { c.must(c.WriteRawFrame(http2.FrameWindowUpdate, 0, 3, make([]byte, 4))) },
			"GOAWAY 0 PROTOCOL_ERROR , EOF", "RFC 9113, 5.1: WINDOW_UPDATE on stream 3, which is idle"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := start(t, "tcp:127.0.0.1:0", "http2", violationsPlan)
			c := &h2Client{t: t, conn: dial(t, srv)}
			c.Framer = http2.NewFramer(c.conn, c.conn)
			c.AllowIllegalWrites = true
			write(t, c.conn, http2.ClientPreface)
			if tt.send == nil {
				c.must(c.WritePing(false, [8]byte{}))
			} else {
				c.must(c.WriteSettings())
				tt.send(c)
			}
			c.want(strings.Split(tt.want, ", ")...)
			wantViolation(t, srv, tt.text, tt.want)
		})
	}
}

// wantViolation compares the entry of the journal.
func wantViolation(t *testing.T, srv *simulator.Server, text, answer string) {
	t.Helper()
	parts := strings.Fields(answer[max(strings.LastIndex(answer, "GOAWAY"), strings.LastIndex(answer, "RST_STREAM")):])
	want := fmt.Sprintf("%s; answered by %s %s", text, parts[0], parts[2])
	if got := await(t, srv, simulator.KindMalformed, "").Text; got != want {
		t.Errorf("journal says\n%s\nwant\n%s", got, want)
	}
}

// What makes a request malformed (RFC 9113, 8.1.1) resets its stream and no other.
func TestMalformedHTTP2Requests(t *testing.T) {
	get := func(more ...string) []string { return request("GET", "/", more...) }
	without := func(name string) []string {
		f := get()
		i := slices.Index(f, name)
		return slices.Delete(f, i, i+2)
	}
	for name, tt := range map[string]struct {
		fields []string
		text   string // empty where nothing is wrong
	}{
		"nothing":                   {get("te", "trailers", "content-length", "0"), ""},
		"host is the authority":     {get("host", "app"), ""},
		"host alone":                {append(without(":authority"), "host", "app"), ""},
		"OPTIONS of all":            {request("OPTIONS", "*"), ""},
		"CONNECT":                   {[]string{":method", "CONNECT", ":authority", "app:1"}, ""},
		"unknown pseudo field":      {append([]string{":x", "y"}, get()...), `RFC 9113, 8.3: invalid pseudo-header ":x"`},
		"late pseudo field":         {append([]string{"x", "y"}, get()...), "RFC 9113, 8.3: pseudo header field after regular"},
		"doubled pseudo field":      {append([]string{":path", "/"}, get()...), `RFC 9113, 8.3: duplicate pseudo-header ":path"`},
		"no method":                 {without(":method"), "RFC 9113, 8.3.1: no valid :method"},
		"no scheme":                 {without(":scheme"), "RFC 9113, 8.3.1: no :scheme"},
		"no path":                   {without(":path"), "RFC 9113, 8.3.1: no :path"},
		"a path without slash":      {request("GET", "a"), "RFC 9113, 8.3.1: :path does not begin with a slash"},
		"a path with a blank":       {request("GET", "/a b"), "RFC 9113, 8.3.1: :path has a blank"},
		"no authority":              {without(":authority"), "RFC 9113, 8.3.1: no :authority, and no host"},
		"another host":              {get("host", "b"), "RFC 9113, 8.3.1: host differs from :authority"},
		"two hosts":                 {append(without(":authority"), "host", "app", "host", "app"), "RFC 9110, 5.3: host comes twice"},
		"user information":          {append(without(":authority"), "host", "me@app"), "RFC 9113, 8.3.1: :authority has user information"},
		"CONNECT with a path":       {request("CONNECT", "/"), "RFC 9113, 8.5: CONNECT with :scheme or :path"},
		"CONNECT to nobody":         {[]string{":method", "CONNECT", "host", "app"}, "RFC 9113, 8.5: CONNECT without :authority"},
		"extended CONNECT":          {append([]string{":protocol", "websocket"}, get()...), "RFC 8441, 4: :protocol, and the server has not sent ENABLE_CONNECT_PROTOCOL"},
		"upper case":                {get("X", "y"), `RFC 9113, 8.2.1: invalid header field name "X"`},
		"a line feed":               {get("x", "a\nb"), `RFC 9113, 8.2.1: invalid header field value for "x"`},
		"a blank at the end":        {get("x", "a "), "RFC 9113, 8.2.1: the value of x begins or ends with a blank"},
		"connection":                {get("connection", "close"), "RFC 9113, 8.2.2: connection is a field of HTTP/1 connections"},
		"transfer-encoding":         {get("transfer-encoding", "chunked"), "RFC 9113, 8.2.2: transfer-encoding is a field of HTTP/1 connections"},
		"te":                        {get("te", "gzip"), "RFC 9113, 8.2.2: te says more than trailers"},
		"content-length without":    {get("content-length", "5"), "RFC 9113, 8.1.1: content-length is 5, and there is no DATA"},
		"content-length in letters": {get("content-length", "+5"), "RFC 9110, 8.6: content-length is no number"},
		"two content-lengths":       {get("content-length", "0", "content-length", "1"), "RFC 9110, 8.6: content-length comes twice with different values"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := start(t, "tcp:127.0.0.1:0", "http2", "{}")
			c := dialHTTP2(t, srv)
			c.fields(1, true, tt.fields...)
			if tt.text == "" {
				c.want("HEADERS 1", "DATA 1 END")
				wantNoFailure(t, srv)
				return
			}
			c.want("RST_STREAM 1 PROTOCOL_ERROR")
			c.get(3, "/")
			c.want("HEADERS 3", "DATA 3 END")
			wantViolation(t, srv, tt.text, "RST_STREAM 1 PROTOCOL_ERROR")
		})
	}
}

// request is a header block's names and values.
func request(method, path string, more ...string) []string {
	return append([]string{":method", method, ":scheme", "http", ":authority", "app", ":path", path}, more...)
}

func (c *h2Client) fields(stream uint32, end bool, fields ...string) {
	c.t.Helper()
	var block bytes.Buffer
	enc := hpack.NewEncoder(&block)
	for f := range slices.Chunk(fields, 2) {
		_ = enc.WriteField(hpack.HeaderField{Name: f[0], Value: f[1], Sensitive: true})
	}
	c.must(c.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block.Bytes(), EndStream: end, EndHeaders: true}))
}

func (c *h2Client) data(stream uint32, n int) {
	c.t.Helper()
	c.must(c.WriteData(stream, false, make([]byte, n)))
}

package simulator_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/simulator"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// hpackText is how text/plain is written in a header block.
func hpackText(s string) string {
	if s != "text/plain" {
		return s
	}
	return string(hpack.AppendHuffmanString(nil, s))
}

func transport(t *testing.T, srv *simulator.Server) *http.Transport {
	network, addr, _ := strings.Cut(srv.Addr(), ":")
	tr := &http.Transport{Protocols: new(http.Protocols), DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}
	tr.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// h2Client speaks frames.
type h2Client struct {
	*http2.Framer
	t    *testing.T
	conn net.Conn
}

func dialHTTP2(t *testing.T, srv *simulator.Server, settings ...http2.Setting) *h2Client {
	t.Helper()
	nc := dial(t, srv)
	write(t, nc, http2.ClientPreface)
	c := &h2Client{Framer: http2.NewFramer(nc, nc), t: t, conn: nc}
	c.must(c.WriteSettings(settings...))
	return c
}

func (c *h2Client) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *h2Client) get(stream uint32, path string) {
	c.t.Helper()
	c.headers(stream, "GET", path, true)
}

func (c *h2Client) headers(stream uint32, method, path string, end bool) {
	c.t.Helper()
	var block bytes.Buffer
	enc := hpack.NewEncoder(&block)
	for _, f := range [][2]string{{":method", method}, {":scheme", "http"}, {":authority", "app"}, {":path", path}} {
		_ = enc.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
	}
	c.must(c.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block.Bytes(), EndStream: end, EndHeaders: true}))
}

// want reads the next frames. SETTINGS that are not asked for are skipped.
func (c *h2Client) want(frames ...string) {
	c.t.Helper()
	for _, want := range frames {
		got := c.next()
		for strings.HasPrefix(got, "SETTINGS") && !strings.HasPrefix(want, "SETTINGS") {
			got = c.next()
		}
		if got != want {
			c.t.Fatalf("got %s, want %s", got, want)
		}
	}
}

func (c *h2Client) next() string {
	f, err := c.ReadFrame()
	if err == io.EOF {
		return "EOF"
	}
	c.must(err)
	text := f.Header().Type.String()
	if id := f.Header().StreamID; id > 0 {
		text += fmt.Sprint(" ", id)
	}
	switch f := f.(type) {
	case *http2.DataFrame:
		if f.StreamEnded() {
			text += " END"
		}
	case *http2.SettingsFrame:
		if f.IsAck() {
			text += " ACK"
		}
		_ = f.ForeachSetting(func(s http2.Setting) error { text += fmt.Sprintf(" %v=%d", s.ID, s.Val); return nil })
	case *http2.PingFrame:
		if f.IsAck() {
			text += " ACK"
		}
	case *http2.RSTStreamFrame:
		text += " " + f.ErrCode.String()
	case *http2.GoAwayFrame:
		text += fmt.Sprintf(" %d %s %s", f.LastStreamID, f.ErrCode, f.DebugData())
	case *http2.WindowUpdateFrame:
		if f.StreamID == 0 {
			text += " 0"
		}
	}
	return text
}

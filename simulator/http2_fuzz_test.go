package simulator

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// Whatever frames a peer sends, the connection ends when the peer has ended it, the answer is whole
// frames, each error that is answered is in the journal, and what net/http refuses a connection for
// is refused here, too.
func FuzzHTTP2(f *testing.F) {
	for _, seed := range http2Seeds() {
		f.Add(seed)
	}
	plan, err := ParsePlan("plan.yaml", []byte(`exchanges: [{match: {path: /trailer}, script: [{respond: {fill: 40KiB, trailer: {a: b}}}]}]`))
	if err != nil {
		f.Fatal(err)
	}
	srv, err := New(Config{Listen: "unix:" + f.TempDir() + "/s", Protocol: "http2", Plan: plan})
	if err == nil {
		err = srv.Start()
	}
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = srv.Close() })
	seen := uint64(0)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64<<10 {
			t.Skip("longer than what a socket takes at once")
		}
		network, address, _ := strings.Cut(srv.Addr(), ":")
		answer := sayHTTP2(t, data, func() (net.Conn, error) { return net.Dial(network, address) })
		var violations []Entry
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		end, err := srv.Await(ctx, seen, func(e Entry) bool {
			if e.Kind == KindMalformed {
				violations = append(violations, e)
			}
			return e.Kind == KindClose
		})
		if err != nil {
			t.Fatalf("the connection does not end: %v", err)
		}
		seen = end.Seq
		checkHTTP2(t, answer, violations)
		if code, refused := refusedByNet(t, data); refused && len(violations) == 0 && !distrusted(data) {
			t.Errorf("net/http sends GOAWAY %v, the journal has no violation", code)
		}
	})
}

// checkHTTP2 compares an answer, which may be torn at its end, with the journal.
func checkHTTP2(t *testing.T, answer []byte, violations []Entry) {
	resets, goAways := 0, 0
	for in := http2.NewFramer(nil, bytes.NewReader(answer)); ; {
		f, err := in.ReadFrame()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			t.Fatalf("the answer breaks the protocol: %v", err)
		}
		if goAways > 0 {
			t.Errorf("%v after GOAWAY", f.Header())
		}
		switch f := f.(type) {
		case *http2.RSTStreamFrame:
			resets++
			wantEntry(t, violations, f.StreamID, f.ErrCode)
		case *http2.GoAwayFrame:
			goAways++
			wantEntry(t, violations, 0, f.ErrCode)
		}
	}
	for _, e := range violations {
		if e.Stream == 0 && goAways == 0 {
			t.Errorf("no GOAWAY for %s", e.Text)
		}
	}
	if resets+goAways > len(violations) {
		t.Errorf("%d resets and %d GOAWAY for %d violations", resets, goAways, len(violations))
	}
}

func wantEntry(t *testing.T, violations []Entry, stream uint32, code http2.ErrCode) {
	for _, e := range violations {
		if e.Stream == stream && strings.HasPrefix(e.Text, "RFC ") && strings.HasSuffix(e.Text, " "+code.String()) {
			return
		}
	}
	t.Errorf("%v on stream %d is in none of %v", code, stream, violations)
}

// sayHTTP2 sends the preface and data, and returns what is answered.
func sayHTTP2(t *testing.T, data []byte, dial func() (net.Conn, error)) []byte {
	c, err := dial()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	go writeHTTP2(c, data)
	answer, err := io.ReadAll(c)
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		t.Fatal("the server goes on after the peer's end")
	}
	return answer
}

// writeHTTP2 sends the preface and data, and ends its side of the connection.
func writeHTTP2(c net.Conn, data []byte) {
	_, _ = c.Write(append([]byte(http2.ClientPreface), data...))
	_ = c.(*net.UnixConn).CloseWrite()
}

// refusedByNet asks the server of net/http what it makes of data.
func refusedByNet(t *testing.T, data []byte) (code http2.ErrCode, refused bool) {
	l, err := net.Listen("unix", t.TempDir()+"/n")
	if err != nil {
		t.Fatal(err)
	}
	reads := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	theirs := &http.Server{Handler: reads, ErrorLog: discardLog, Protocols: new(http.Protocols)}
	theirs.Protocols.SetUnencryptedHTTP2(true)
	go func() { _ = theirs.Serve(l) }()
	defer func() { _ = theirs.Close() }()
	c, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	go writeHTTP2(c, data)
	for in := http2.NewFramer(nil, c); ; {
		f, err := in.ReadFrame()
		if err != nil {
			return 0, false
		}
		switch f := f.(type) {
		case *http2.RSTStreamFrame: // it takes what was on its way then for an error
			return 0, false
		case *http2.GoAwayFrame:
			return f.ErrCode, f.ErrCode != http2.ErrCodeNo
		}
	}
}

// distrusted reports whether data has SETTINGS that net/http refuses lest somebody attacks it,
// though the RFC lets them be.
func distrusted(data []byte) bool {
	in := http2.NewFramer(nil, bytes.NewReader(data))
	in.AllowIllegalReads = true
	for {
		f, err := in.ReadFrame()
		if _, ok := errors.AsType[http2.StreamError](err); err != nil && !ok {
			return false
		}
		if s, ok := f.(*http2.SettingsFrame); ok && (s.HasDuplicates() || s.NumSettings() > 100) {
			return true
		}
	}
}

// http2Seeds are conversations that are right, and some that are not.
func http2Seeds() (seeds [][]byte) {
	head := func(path string, more ...string) []byte {
		var block bytes.Buffer
		enc := hpack.NewEncoder(&block)
		for _, h := range [][2]string{{":method", "POST"}, {":scheme", "http"}, {":path", path}, {":authority", "a"}} {
			_ = enc.WriteField(hpack.HeaderField{Name: h[0], Value: h[1]})
		}
		for i := 0; i < len(more); i += 2 {
			_ = enc.WriteField(hpack.HeaderField{Name: more[i], Value: more[i+1]})
		}
		return block.Bytes()
	}
	for _, talk := range []func(w *http2.Framer){
		func(w *http2.Framer) {
			_ = w.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: head("/"), EndHeaders: true, EndStream: true})
			_ = w.WritePing(false, [8]byte{1})
		},
		func(w *http2.Framer) {
			_ = w.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: head("/trailer", "content-length", "3"), EndHeaders: true})
			_ = w.WriteDataPadded(1, false, []byte("abc"), make([]byte, 3))
			_ = w.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte("\x00\x01x\x01y"), EndHeaders: true, EndStream: true})
			_ = w.WriteWindowUpdate(1, 7)
			_ = w.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 9}, http2.Setting{ID: http2.SettingMaxFrameSize, Val: 1 << 20})
		},
		func(w *http2.Framer) {
			_ = w.WriteHeaders(http2.HeadersFrameParam{StreamID: 3, BlockFragment: head("/")[:5]})
			_ = w.WriteContinuation(3, true, head("/")[5:])
			_ = w.WriteRSTStream(3, http2.ErrCodeCancel)
			_ = w.WriteData(3, true, nil)
			_ = w.WritePriority(5, http2.PriorityParam{StreamDep: 3})
			_ = w.WriteGoAway(3, http2.ErrCodeNo, nil)
		},
		func(w *http2.Framer) {
			_ = w.WriteSettingsAck()
			_ = w.WriteSettingsAck()
		},
		func(w *http2.Framer) {
			_ = w.WriteRawFrame(http2.FrameHeaders, 0x2d, 1, []byte{0, 0, 0, 0, 1, 9, 0x82})
		},
	} {
		var b bytes.Buffer
		w := http2.NewFramer(&b, nil)
		_ = w.WriteSettings()
		talk(w)
		seeds = append(seeds, b.Bytes())
	}
	return seeds
}

var discardLog = log.New(io.Discard, "", 0)

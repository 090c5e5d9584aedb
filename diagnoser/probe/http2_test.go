package probe

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// http2Server reads the preface and the request, answers with SETTINGS and then as f says.
func http2Server(t *testing.T, seen chan<- map[string]string, f func(*http2.Framer)) net.Addr {
	return backend(t, "tcp", "127.0.0.1:0", func(_ int, c net.Conn) {
		if _, err := io.ReadFull(c, make([]byte, len(http2.ClientPreface))); err != nil {
			return
		}
		framer := http2.NewFramer(c, c)
		framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
		_ = framer.WriteSettings()
		for {
			frame, err := framer.ReadFrame()
			if err != nil {
				return
			}
			if h, ok := frame.(*http2.MetaHeadersFrame); ok {
				fields := map[string]string{}
				for _, field := range h.Fields {
					fields[field.Name] = field.Value
				}
				seen <- fields
				f(framer)
			}
		}
	})
}

func status2(framer *http2.Framer, code string, last bool) {
	var block bytes.Buffer
	_ = hpack.NewEncoder(&block).WriteField(hpack.HeaderField{Name: ":status", Value: code})
	_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: last})
}

func TestHTTP2Outcomes(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(*http2.Framer)
		want   want
		status int
		body   int64
		note   string
	}{
		{"answered", func(f *http2.Framer) { status2(f, "200", false); _ = f.WriteData(1, true, []byte("at noon")) }, want{evidence.ReadingBody, evidence.OK, 0}, 200, 7, ""},
		{"without a body, after a ping", func(f *http2.Framer) { _ = f.WritePing(false, [8]byte{}); status2(f, "404", true) }, want{evidence.ReadingBody, evidence.OK, 0}, 404, 0, ""},
		{"a hint before", func(f *http2.Framer) { status2(f, "103", false); status2(f, "204", true) }, want{evidence.ReadingBody, evidence.OK, 0}, 204, 0, ""},
		{"refused", func(f *http2.Framer) { _ = f.WriteRSTStream(1, http2.ErrCodeRefusedStream) }, want{evidence.ReadingHeader, evidence.Reset, 0}, 0, 0, "REFUSED_STREAM"},
		{"goodbye", func(f *http2.Framer) { _ = f.WriteGoAway(0, http2.ErrCodeHTTP11Required, nil) }, want{evidence.ReadingHeader, evidence.Reset, 0}, 0, 0, "HTTP_1_1_REQUIRED"},
		{"reset in the body", func(f *http2.Framer) { status2(f, "200", false); _ = f.WriteRSTStream(1, http2.ErrCodeInternal) }, want{evidence.ReadingBody, evidence.Reset, 0}, 200, 0, "INTERNAL_ERROR"},
	} {
		seen := make(chan map[string]string, 1)
		a := http2Server(t, seen, test.answer)
		got := Ask(t.Context(), evidence.Question{Target: target("grpc", a), URI: "/Timetable/Next", Host: "ferry.example.com"}, Options{})
		check(t, got, test.want)
		if got.Status != test.status || got.BodyBytes != test.body || !strings.Contains(got.Note, test.note) {
			t.Errorf("%s: got %+v", test.name, got)
		}
		if asked := <-seen; asked[":method"] != "GET" || asked[":path"] != "/Timetable/Next" || asked[":authority"] != "ferry.example.com" {
			t.Errorf("%s: asked %v", test.name, asked)
		}
	}
}

// What is no HTTP/2 is told by its first bytes.
func TestHTTP2OfAnother(t *testing.T) {
	for text, want := range map[string]want{
		"HTTP/1.1 400 Bad Request\r\n\r\n": {evidence.ReadingHeader, evidence.Invalid, 0},
		"":                                 {evidence.ReadingHeader, evidence.ClosedEarly, 0},
	} {
		a := backend(t, "tcp", "127.0.0.1:0", func(_ int, c net.Conn) {
			_, _ = io.ReadFull(c, make([]byte, len(http2.ClientPreface)+9))
			_, _ = io.WriteString(c, text)
			_ = c.(*net.TCPConn).CloseWrite()
			hang(c)
		})
		got := Ask(t.Context(), evidence.Question{Target: target("grpc", a)}, Options{})
		check(t, got, want)
		if text != "" && !strings.Contains(got.Note, `first bytes: "HTTP/1.1 400`) {
			t.Errorf("got %q", got.Note)
		}
	}
}

// A server that has one worker and waits for the end of a line answers one question after the other.
func TestQuestionsToOneAddressTakeTurns(t *testing.T) {
	t.Parallel()
	busy := make(chan bool, 1)
	a := backend(t, "tcp", "127.0.0.1:0", func(_ int, c net.Conn) {
		select {
		case busy <- true:
		default:
			t.Error("asked while another question is open")
		}
		first := make([]byte, 1)
		if _, err := io.ReadFull(c, first); err == nil && first[0] == 'G' {
			<-busy // before the answer: then the next question may come
			say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")(c)
			return
		}
		hang(c)
		<-busy
	})
	start := time.Now()
	got := AskAll(t.Context(), []evidence.Question{
		{Target: target("http", a), Candidate: true, Wait: candidateWait}, {Target: target("uwsgi", a), Wait: time.Minute},
	}, Options{})
	if got[0].Status != 200 || got[1].Outcome != evidence.TimedOut || time.Since(start) > time.Minute/2 {
		t.Errorf("got %+v after %v", got, time.Since(start))
	}
}

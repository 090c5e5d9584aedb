package simulator

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// framesOf writes a program's output as one line for each frame, with <step>
// where something else is done and <torn> where a frame is not whole.
func framesOf(t *testing.T, p *program) string {
	t.Helper()
	var lines []string
	var rest []byte
	for _, a := range p.actions {
		for _, s := range a.out {
			rest = append(rest, s.expand(nil)...)
		}
		if a.run != nil && a.step != "" {
			lines = append(append(lines, describeFrames(t, rest)...), "<"+a.step+">")
			rest = nil
		}
	}
	return strings.Join(append(lines, describeFrames(t, rest)...), "\n")
}

func describeFrames(t *testing.T, b []byte) (lines []string) {
	t.Helper()
	in := strings.NewReader(string(b))
	framer := http2.NewFramer(nil, in)
	framer.AllowIllegalReads = true
	for {
		f, err := framer.ReadFrame()
		switch {
		case err == io.EOF:
			return lines
		case errors.Is(err, io.ErrUnexpectedEOF):
			return append(lines, fmt.Sprintf("<torn after %d of %d>", len(b), len(b)+missing(b)))
		case err != nil:
			t.Fatal(err)
		}
		lines = append(lines, describeFrame(t, f))
	}
}

// missing is what a torn last frame lacks.
func missing(b []byte) int {
	for len(b) >= frameHeaderLen {
		size := frameHeaderLen + int(b[0])<<16 + int(b[1])<<8 + int(b[2])
		if size > len(b) {
			return size - len(b)
		}
		b = b[size:]
	}
	return 0
}

func describeFrame(t *testing.T, f http2.Frame) string {
	t.Helper()
	h := f.Header()
	text := fmt.Sprintf("%s %d %d:", h.Type, h.StreamID, h.Flags)
	switch f := f.(type) {
	case *http2.HeadersFrame:
		return text + describeBlock(t, f.HeaderBlockFragment())
	case *http2.ContinuationFrame:
		return text + describeBlock(t, f.HeaderBlockFragment())
	case *http2.DataFrame:
		return text + " " + string(f.Data())
	case *http2.RSTStreamFrame:
		return text + " " + f.ErrCode.String()
	case *http2.GoAwayFrame:
		return fmt.Sprintf("%s %d %s %s", text, f.LastStreamID, f.ErrCode, f.DebugData())
	case *http2.SettingsFrame:
		_ = f.ForeachSetting(func(s http2.Setting) error { text += " " + s.String(); return nil })
	}
	return text
}

func describeBlock(t *testing.T, block []byte) (text string) {
	t.Helper()
	fields, err := hpack.NewDecoder(0, nil).DecodeFull(block) // no dynamic table may be needed
	if err != nil {
		t.Fatalf("%x: %v", block, err)
	}
	for _, f := range fields {
		text += " " + f.Name + "=" + f.Value
	}
	return text
}

func TestScriptsOverHTTP2(t *testing.T) {
	const head = "HEADERS 1 4: :status=200 content-type=a/b content-length=3\n"
	for _, tt := range []struct{ name, script, want string }{
		{"respond", `[{respond: {header: {Content-Type: a/b}, body: abc}}]`, head + "DATA 1 1: abc"},
		{"no body", `[{respond: {status: 204}}]`, "HEADERS 1 5: :status=204"},
		{"trailers", `[{respond: {header: {Content-Type: a/b}, body: abc, trailer: {Grpc-Status: 0}}}]`, head + "DATA 1 0: abc\nHEADERS 1 5: grpc-status=0"},
		{"frames of a size", `[{respond: {header: {Content-Type: a/b}, body: abc, records: {size: 2}}}]`, head + "DATA 1 0: ab\nDATA 1 1: c"},
		{"grpc", `[{grpc: {reply: abc}}]`, "HEADERS 1 4: :status=200 content-type=application/grpc\nDATA 1 0: \x00\x00\x00\x00\x03abc\nHEADERS 1 5: grpc-status=0"},
		{"grpc error", `[{grpc: {status: 14, message: no}}]`, "HEADERS 1 5: :status=200 content-type=application/grpc grpc-status=14 grpc-message=no"},
		{"by hand", `[{status: 200}, {header: {A: b}}, {body: h}, {body: i}]`, "HEADERS 1 4: :status=200 a=b\nDATA 1 0: h\nDATA 1 0: i\nDATA 1 1: "},
		{"by hand with pauses", `[{status: 200}, {sleep: 1s}, {header: {A: b}}, {sleep: 1s}, {trailer: {T: u}}]`,
			"HEADERS 1 0: :status=200\n<sleep>\nCONTINUATION 1 0: a=b\n<sleep>\nCONTINUATION 1 4:\nHEADERS 1 5: t=u"},
		{"a head alone", `[{status: 200}]`, "HEADERS 1 4: :status=200\nDATA 1 1: "},
		{"informational", `[{informational: {status: 103, header: {Link: x}}}, {respond: {status: 204}}]`, "HEADERS 1 4: :status=103 link=x\nHEADERS 1 5: :status=204"},
		{"rst_stream", `[{rst_stream: INTERNAL_ERROR}]`, "RST_STREAM 1 0: INTERNAL_ERROR"},
		{"rst_stream in a response", `[{status: 200}, {body: a}, {rst_stream: 8}]`, "HEADERS 1 4: :status=200\nDATA 1 0: a\nRST_STREAM 1 0: CANCEL"},
		{"goaway", `[{goaway: {code: ENHANCE_YOUR_CALM, debug: x}}, fin]`, "GOAWAY 0 0: 1 ENHANCE_YOUR_CALM x\n<fin>"},
		{"goaway below", `[{goaway: {last_stream: 0}}]`, "GOAWAY 0 0: 0 NO_ERROR "},
		{"settings", `[{settings: {initial_window_size: 0, max_concurrent_streams: 1}}]`, "SETTINGS 0 0: [MAX_CONCURRENT_STREAMS = 1] [INITIAL_WINDOW_SIZE = 0]"},
		{"frame", `[{frame: {type: data, flags: 1, stream: 7, text: a, hex: "62"}}]`, "DATA 7 1: ab"},
		{"frame that lies", `[{frame: {type: 9, length: 5, text: abc}}]`, "<torn after 12 of 14>"},
		{"cut in a frame header", `[{cut_at: {mark: frame_header, index: 1, plus: 3, then: [fin]}}, {respond: {header: {Content-Type: a/b}, body: abc}}]`,
			head + "<torn after 26 of 26>\n<fin>"},
		{"stall before the body", `[{stall_at: {mark: head_end}}, {respond: {header: {Content-Type: a/b}, body: abc}}]`, head + "<stall_at>\nDATA 1 1: abc"},
		{"cut in the body counts no frame headers", `[{cut_at: {mark: body, plus: 2, then: [rst]}}, {respond: {header: {Content-Type: a/b}, body: abc, records: {size: 1}}}]`,
			head + "DATA 1 0: a\nDATA 1 0: b\n<rst>"},
		{"cut with a reset stream", `[{cut_at: {mark: head_end, then: [{rst_stream: CANCEL}, hang]}}, {respond: {header: {Content-Type: a/b}, body: abc}}]`,
			head + "RST_STREAM 1 0: CANCEL\n<hang>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := compileScript(tt.script, traits{http2: true}, variant{})
			if err != nil {
				t.Fatal(err)
			}
			if got := framesOf(t, p); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// A block longer than a frame goes on in CONTINUATION, and nothing else comes between (RFC 9113, 4.3).
func TestLongHeaderBlock(t *testing.T) {
	p, err := compileScript(`[{respond: {status: 204, header_of: {X-Big: 64KiB}}}]`, traits{http2: true}, variant{})
	if err != nil {
		t.Fatal(err)
	}
	framer := http2.NewFramer(nil, strings.NewReader(string(p.actions[len(p.actions)-1].out[0].expand(nil))))
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	framer.MaxHeaderListSize = 1 << 20
	f, err := framer.ReadFrame()
	if err != nil {
		t.Fatal(err)
	}
	block := f.(*http2.MetaHeadersFrame)
	if got := block.RegularFields(); len(got) != 1 || len(got[0].Value) != 64<<10 || !block.StreamEnded() {
		t.Errorf("got %v", block)
	}
}

// The exchange's stream replaces the 1 of the compiled output, in frame headers and in GOAWAY.
func TestStreamIDs(t *testing.T) {
	p, err := compileScript(`[{goaway: {}}, {rst_stream: CANCEL}, {frame: {type: data, stream: 1, text: x}}]`, traits{http2: true}, variant{})
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(describeFrames(t, p.actions[0].out[0].withID(0x01020305)), "\n")
	if want := "GOAWAY 0 0: 16909061 NO_ERROR \nRST_STREAM 16909061 0: CANCEL\nDATA 1 0: x"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What two streams write may alternate between frames, and not within a frame or a header block.
func TestFrameWriterKnowsWhereFramesEnd(t *testing.T) {
	p, err := compileScript(`[{status: 200}, {sleep: 1s}, {header: {A: b}}, {body: abc}, {frame: {type: ping, length: 99, text: x}}]`, traits{http2: true}, variant{})
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, 2, 7, 1000} {
		var types []http2.FrameType
		w := &frameWriter{Conn: sink{}, frameFollower: frameFollower{sent: func(h frameHeader, _ []byte) { types = append(types, h.Type) }}}
		var ends []int
		var all []byte
		for _, a := range p.actions {
			for _, s := range a.out {
				all = s.expand(all)
			}
		}
		for at := 0; at < len(all); at += size {
			_, _ = w.Write(all[at:min(at+size, len(all))])
			if w.whole() {
				ends = append(ends, min(at+size, len(all)))
			}
		}
		// HEADERS and CONTINUATION are one block of 27 bytes, DATA takes 12; the rest is the start of a frame that lies.
		if want := "[27 39]"; size == 1 && fmt.Sprint(ends) != want {
			t.Errorf("frames end at %v, want %s", ends, want)
		}
		if want := "[HEADERS CONTINUATION DATA]"; fmt.Sprint(types) != want {
			t.Errorf("pieces of %d: the frames are %v, want %s", size, types, want)
		}
		if w.whole() {
			t.Errorf("pieces of %d: the frame that lies is taken for whole", size)
		}
	}
}

type sink struct{ net.Conn }

func (sink) Write(p []byte) (int, error) { return len(p), nil }

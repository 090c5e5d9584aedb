package probe

import (
	"bytes"
	"fmt"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// frameHead is the size of an HTTP/2 frame's header: length, type, flags, stream (RFC 9113, section 4.1).
const frameHead = 9

// http2 makes one exchange of HTTP/2 with prior knowledge, as grpc_pass does. A backend that speaks it opens with
// SETTINGS; what opens otherwise speaks something else, and its first bytes are noted.
func (a *asker) http2(w *wire, p *evidence.Probe) *failure {
	if _, err := w.Write(a.http2Request()); err != nil {
		return classify(evidence.Sending, err)
	}
	if f := w.speaksHTTP2(); f != nil {
		return f
	}
	r := &http2Reader{w: w, p: p, framer: http2.NewFramer(w, w.in), phase: evidence.ReadingHeader}
	r.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	for {
		frame, err := r.framer.ReadFrame()
		if err != nil {
			return classify(r.phase, err)
		}
		if f := r.take(frame); f != nil || r.done {
			return f
		}
	}
}

// http2Request is the preface, settings that ask for nothing, and a request without a body.
func (a *asker) http2Request() []byte {
	var out, block bytes.Buffer
	enc := hpack.NewEncoder(&block)
	for _, f := range [][2]string{{":method", a.q.Method}, {":scheme", "http"}, {":path", a.q.URI}, {":authority", a.q.Host},
		{"user-agent", "badgateway-probe"}, {"te", "trailers"}} {
		_ = enc.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]}) // a Buffer takes everything
	}
	out.WriteString(http2.ClientPreface)
	framer := http2.NewFramer(&out, nil)
	_ = framer.WriteSettings()
	_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndStream: true, EndHeaders: true})
	return out.Bytes()
}

// speaksHTTP2 looks at the first frame's header: type SETTINGS, on stream 0.
func (w *wire) speaksHTTP2() *failure {
	head, err := w.in.Peek(frameHead)
	settings := len(head) == frameHead && http2.FrameType(head[3]) == http2.FrameSettings && bytes.Equal(head[5:], []byte{0, 0, 0, 0})
	switch {
	case settings:
		return nil
	case len(head) > 0:
		got, _ := w.in.Peek(w.in.Buffered())
		return invalid(evidence.ReadingHeader, "no HTTP/2, %s", firstBytes(got))
	}
	return classify(evidence.ReadingHeader, err)
}

type http2Reader struct {
	w      *wire
	p      *evidence.Probe
	framer *http2.Framer
	phase  string
	done   bool
}

// take reads one frame; what it wants to be answered is answered.
func (r *http2Reader) take(frame http2.Frame) *failure {
	switch f := frame.(type) {
	case *http2.SettingsFrame:
		if !f.IsAck() {
			_ = r.framer.WriteSettingsAck() // where the connection ends, the next read tells
		}
	case *http2.PingFrame:
		if !f.IsAck() {
			_ = r.framer.WritePing(true, f.Data)
		}
	case *http2.MetaHeadersFrame:
		r.headers(f)
	case *http2.DataFrame:
		r.p.BodyBytes += int64(len(f.Data()))
		r.done = f.StreamEnded() || r.cut()
	case *http2.RSTStreamFrame:
		return &failure{phase: r.phase, outcome: evidence.Reset, note: fmt.Sprintf("the stream was reset, %s", f.ErrCode)}
	case *http2.GoAwayFrame:
		if f.ErrCode != http2.ErrCodeNo || f.LastStreamID == 0 {
			return &failure{phase: r.phase, outcome: evidence.Reset, note: fmt.Sprintf("GOAWAY, %s", f.ErrCode)}
		}
	}
	return nil
}

// headers takes the answer's header, or its trailer.
func (r *http2Reader) headers(f *http2.MetaHeadersFrame) {
	if status := f.PseudoValue("status"); status != "" {
		_, _ = fmt.Sscanf(status, "%3d", &r.p.Status) // one that is no number leaves 0
		r.p.HeaderBytes, r.p.HeaderAfter = frameHead+int(f.Length), time.Since(r.w.started)
		if r.p.Status >= 200 {
			r.phase = evidence.ReadingBody
		}
	}
	r.done = f.StreamEnded()
}

// cut ends a body that would need more room than an HTTP/2 connection has at first: no window is opened here.
func (r *http2Reader) cut() bool {
	const window = 65535 // RFC 9113, section 6.9.2
	if r.p.BodyBytes < window/2 {
		return false
	}
	note(r.p, fmt.Sprintf("no more read after %d bytes of the body", r.p.BodyBytes))
	return true
}

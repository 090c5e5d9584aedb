package probe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

const (
	headerLimit = 1 << 20  // beyond any proxy's buffer
	bodyLimit   = 16 << 20 // enough to see that it flows
)

// http makes one exchange of HTTP/1.1 by hand: net/http would hide at which byte and
// with which error it failed.
func (a *asker) http(w *wire, p *evidence.Probe) (f *failure, reusable bool) {
	if _, err := w.Write(a.httpRequest()); err != nil {
		return classify(evidence.Sending, err), false
	}
	h, f := w.finalHead(p)
	if f != nil {
		p.HeaderBytes = w.begun
		return f, false
	}
	p.Status, p.HeaderBytes, p.HeaderAfter = h.status, h.size, time.Since(w.started)
	h.bodiless = h.bodiless || a.q.Method == http.MethodHead
	err := w.httpBody(h, p)
	return bodyFailure(err, p), err == nil && h.keeps() && p.BodyBytes < bodyLimit
}

func (a *asker) httpRequest() []byte {
	var b bytes.Buffer
	connection := "close"
	if a.q.Idle {
		connection = "keep-alive"
	}
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", a.q.Method, a.q.URI, a.q.Host)
	if a.q.Upgrade {
		connection = "Upgrade\r\n" + websocket
	}
	fmt.Fprintf(&b, "User-Agent: badgateway-probe\r\nAccept: */*\r\nConnection: %s\r\n\r\n", connection)
	return b.Bytes()
}

// websocket are the other headers of a request to become a websocket; the key is any 16 bytes (RFC 6455, 4.1).
const websocket = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: YmFkZ2F0ZXdheS1wcm9iZQ=="

// finalHead reads past interim responses.
func (w *wire) finalHead(p *evidence.Probe) (*head, *failure) {
	for {
		h, f := w.head()
		if f != nil {
			return nil, f
		}
		if h.status >= 200 || h.status == http.StatusSwitchingProtocols {
			return h, nil
		}
		note(p, fmt.Sprintf("interim response %d", h.status))
	}
}

// head reads one response header.
func (w *wire) head() (*head, *failure) {
	if f := w.speaksHTTP(); f != nil {
		return nil, f
	}
	var text []byte
	for {
		line, err := w.in.ReadSlice('\n')
		text = append(text, line...)
		switch {
		case err != nil && !isFull(err):
			f := classify(evidence.ReadingHeader, err)
			f.note = fmt.Sprintf("after %d bytes of the header", len(text))
			w.begun = len(text)
			return nil, f
		case len(text) > headerLimit:
			return nil, &failure{phase: evidence.ReadingHeader, outcome: evidence.TooBig, note: "header of more than 1 MiB"}
		case err == nil && len(bytes.TrimRight(line, "\r\n")) == 0 && endsLine(text, line):
			return parseHead(text)
		}
	}
}

// endsLine tells an empty line from the tail of a line longer than the buffer.
func endsLine(text, line []byte) bool {
	before := text[:len(text)-len(line)]
	return len(before) == 0 || before[len(before)-1] == '\n'
}

// speaksHTTP looks at the first bytes as they come: what speaks another protocol often
// sends no line at all, and then waits.
func (w *wire) speaksHTTP() *failure {
	const version = "HTTP/"
	for n := 1; ; n = w.in.Buffered() + 1 {
		_, err := w.in.Peek(n)
		got, _ := w.in.Peek(w.in.Buffered())
		if len(got) > 0 && !strings.HasPrefix(version, string(got[:min(len(got), len(version))])) {
			return invalid(evidence.ReadingHeader, "%s", firstBytes(got))
		}
		if err != nil {
			f := classify(evidence.ReadingHeader, err)
			if len(got) > 0 {
				f.note = firstBytes(got)
			}
			return f
		}
		if len(got) >= len(version) {
			return nil
		}
	}
}

// httpBody reads the body as its framing says.
func (w *wire) httpBody(h *head, p *evidence.Probe) error {
	switch {
	case h.bodiless:
		return nil
	case h.chunked:
		return w.chunks(p)
	case h.length < 0:
		return w.drain(w.in, p)
	}
	err := w.drain(io.LimitReader(w.in, h.length), p)
	if err == nil && p.BodyBytes < min(h.length, bodyLimit) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// chunks also reads the trailer, which the library leaves.
func (w *wire) chunks(p *evidence.Probe) error {
	if err := w.drain(httputil.NewChunkedReader(w.in), p); err != nil || p.BodyBytes >= bodyLimit {
		return err
	}
	for {
		line, err := w.in.ReadSlice('\n')
		if err != nil {
			return unexpected(err)
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			return nil
		}
	}
}

// unexpected marks an end of input that is too early.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// drain counts a body. Bytes that came shortly before the time was over show that the
// backend streams, which is no failure.
func (w *wire) drain(r io.Reader, p *evidence.Probe) error {
	buf := make([]byte, 32<<10)
	begun, last := time.Now(), time.Now()
	for p.BodyBytes < bodyLimit {
		n, err := r.Read(buf)
		p.BodyBytes += int64(n)
		if n > 0 {
			last = time.Now()
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case isTimeout(err) && p.BodyBytes > 0 && time.Since(last) < time.Since(begun)/2:
			note(p, "the body was still coming when the time was over")
			return errStillComing
		case err != nil:
			return err
		}
	}
	note(p, fmt.Sprintf("no more read after %d bytes of the body", p.BodyBytes))
	return nil
}

// errStillComing ends a drain that has seen enough; it is no failure of the backend, but
// nothing further can be asked on that connection.
var errStillComing = errors.New("body still coming")

func bodyFailure(err error, p *evidence.Probe) *failure {
	if err == nil || errors.Is(err, errStillComing) {
		return nil
	}
	f := classify(evidence.ReadingBody, err)
	if f.note == "" {
		f.note = fmt.Sprintf("after %d bytes of the body", p.BodyBytes)
	}
	return f
}

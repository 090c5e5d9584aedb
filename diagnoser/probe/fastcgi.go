package probe

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// Record types of FastCGI 1.0, section 8.
const (
	fcgiHeaderSize = 8
	fcgiEnd        = 3
	fcgiStdin      = 5
	fcgiStdout     = 6
	fcgiStderr     = 7
)

const stderrLimit = 16 << 10

func (a *asker) fastcgi(w *wire, p *evidence.Probe) (f *failure, reusable bool) {
	request, err := a.fcgiRequest()
	if err != nil {
		return &failure{note: err.Error()}, false
	}
	if _, err := w.Write(request); err != nil {
		return classify(evidence.Sending, err), false
	}
	r := &fcgiReader{w: w, p: p, phase: evidence.ReadingHeader, length: -1, bodiless: a.q.Method == "HEAD"}
	f = r.response()
	return f, f == nil && a.q.Idle && !r.cut
}

// fcgiReader reads one response as strictly as nginx does, counting what its buffer
// must hold until the header is complete.
type fcgiReader struct {
	w      *wire
	p      *evidence.Probe
	phase  string
	raw    int    // bytes of the response so far, record headers and padding too
	header []byte // stdout until the header is complete
	length int64  // the Content-Length field; -1 where there is none
	cut    bool   // stopped in the middle of a body

	bodiless bool // the answer to HEAD
}

type fcgiRecord struct {
	kind    byte
	content []byte
	padding int
}

func (r *fcgiReader) response() *failure {
	for {
		rec, f := r.record()
		if f != nil {
			return f
		}
		switch rec.kind {
		case fcgiStderr:
			r.stderr(rec.content)
		case fcgiStdout:
			f = r.stdout(rec)
		default:
			return r.end(rec.content)
		}
		if f != nil || r.cut {
			return f
		}
		r.raw += fcgiHeaderSize + len(rec.content) + rec.padding
	}
}

// record reads one record; the messages are those of nginx's error log.
func (r *fcgiReader) record() (fcgiRecord, *failure) {
	var h [fcgiHeaderSize]byte
	if n, err := io.ReadFull(r.w.in, h[:]); err != nil {
		if n > 0 && h[0] != 1 {
			return fcgiRecord{}, r.unsupported(h[:n])
		}
		r.begun(n)
		return fcgiRecord{}, r.broken(err)
	}
	switch {
	case h[0] != 1:
		return fcgiRecord{}, r.unsupported(h[:])
	case h[1] != fcgiEnd && h[1] != fcgiStdout && h[1] != fcgiStderr:
		return fcgiRecord{}, invalid(r.phase, "invalid FastCGI record type: %d", h[1])
	case h[2] != 0 || h[3] != 1:
		return fcgiRecord{}, invalid(r.phase, "unexpected FastCGI request id: %d", binary.BigEndian.Uint16(h[2:]))
	}
	rec := fcgiRecord{kind: h[1], content: make([]byte, binary.BigEndian.Uint16(h[4:])), padding: int(h[6])}
	n, err := io.ReadFull(r.w.in, rec.content)
	if err == nil {
		_, err = r.w.in.Discard(rec.padding)
	}
	if err != nil {
		if rec.kind == fcgiStdout && r.phase == evidence.ReadingBody {
			r.p.BodyBytes += int64(n)
		}
		r.begun(fcgiHeaderSize + n)
		return rec, r.broken(err)
	}
	return rec, nil
}

// begun keeps how much there is of a header that does not end: n bytes of a record, behind whole ones with stdout.
func (r *fcgiReader) begun(n int) {
	if r.phase == evidence.ReadingHeader && (n > 0 || len(r.header) > 0) {
		r.p.HeaderBytes = r.raw + n
	}
}

func (r *fcgiReader) unsupported(h []byte) *failure {
	if next, _ := r.w.in.Peek(r.w.in.Buffered()); len(next) > 0 {
		h = append(bytes.Clone(h), next...)
	}
	return invalid(r.phase, "unsupported FastCGI protocol version: %d, %s", h[0], firstBytes(h))
}

func (r *fcgiReader) broken(err error) *failure {
	f := classify(r.phase, err)
	if r.phase == evidence.ReadingBody {
		f.note = fmt.Sprintf("after %d bytes of the body, without END_REQUEST", r.p.BodyBytes)
	} else if r.raw > 0 {
		f.note = fmt.Sprintf("after %d bytes of records", r.raw)
	}
	return f
}

func (r *fcgiReader) stderr(text []byte) {
	room := max(stderrLimit-len(r.p.Stderr), 0)
	r.p.Stderr += string(text[:min(len(text), room)])
}

func (r *fcgiReader) stdout(rec fcgiRecord) *failure {
	if r.phase == evidence.ReadingBody {
		r.p.BodyBytes += int64(len(rec.content))
		if r.p.BodyBytes >= bodyLimit {
			r.cut = true
			note(r.p, fmt.Sprintf("no more read after %d bytes of the body", r.p.BodyBytes))
		}
		return nil
	}
	if len(rec.content) == 0 {
		return &failure{phase: r.phase, outcome: evidence.ClosedEarly, note: "FastCGI stdout closed before the header was complete"}
	}
	before := len(r.header)
	r.header = append(r.header, rec.content...)
	size := headerEnd(r.header)
	switch {
	case size < 0 && len(r.header) > headerLimit:
		return &failure{phase: r.phase, outcome: evidence.TooBig, note: "header of more than 1 MiB"}
	case size < 0:
		return r.lines(r.header[:bytes.LastIndexByte(r.header, '\n')+1])
	}
	r.p.HeaderBytes = r.raw + fcgiHeaderSize + size - before
	r.p.HeaderAfter = time.Since(r.w.started)
	r.p.BodyBytes = int64(len(r.header) - size)
	r.phase = evidence.ReadingBody
	return r.lines(r.header[:size])
}

// headerEnd answers the size of a complete header, or -1. Lines may end in LF alone.
func headerEnd(b []byte) int {
	for at := 0; ; {
		i := bytes.IndexByte(b[at:], '\n')
		if i < 0 {
			return -1
		}
		if line := b[at : at+i]; len(bytes.TrimRight(line, "\r")) == 0 {
			return at + i + 1
		}
		at += i + 1
	}
}

// lines checks the header's lines and takes the status of CGI: the Status field; without
// it 302 for a Location, otherwise 200.
func (r *fcgiReader) lines(text []byte) *failure {
	r.p.Status = 200
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, "\r\n")
		name, value, ok := bytes.Cut(line, []byte(":"))
		if len(line) == 0 {
			break
		}
		if !ok || bytes.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c == 0x7f }) || bytes.IndexByte(value, 0) >= 0 {
			return invalid(evidence.ReadingHeader, "invalid header: %q", line[:min(len(line), 64)])
		}
		if f := r.field(strings.ToLower(string(name)), strings.TrimSpace(string(value))); f != nil {
			return f
		}
	}
	return nil
}

func (r *fcgiReader) field(name, value string) *failure {
	switch name {
	case "status":
		code, _, _ := strings.Cut(value, " ")
		status, err := strconv.Atoi(code)
		if err != nil || len(code) != 3 {
			return invalid(evidence.ReadingHeader, "invalid status %q", value)
		}
		r.p.Status = status
	case "location":
		if r.p.Status == 200 {
			r.p.Status = 302
		}
	case "content-length":
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return invalid(evidence.ReadingHeader, "invalid Content-Length %q", value)
		}
		r.length = n
	}
	return nil
}

// end reads END_REQUEST: four bytes of application status, one of protocol status.
func (r *fcgiReader) end(content []byte) *failure {
	if len(content) >= 5 && content[4] != 0 {
		note(r.p, "FastCGI protocol status "+protocolStatus(content[4]))
	}
	switch {
	case r.phase == evidence.ReadingHeader && len(r.header) == 0:
		return invalid(r.phase, "unexpected FastCGI record: %d", fcgiEnd)
	case r.phase == evidence.ReadingHeader:
		return &failure{phase: r.phase, outcome: evidence.ClosedEarly, note: "request ended before the header was complete"}
	case r.length > r.p.BodyBytes && !r.bodiless:
		return &failure{phase: r.phase, outcome: evidence.ClosedEarly,
			note: fmt.Sprintf("after %d of %d bytes of the body", r.p.BodyBytes, r.length)}
	}
	return nil
}

func protocolStatus(code byte) string {
	names := []string{"REQUEST_COMPLETE", "CANT_MPX_CONN", "OVERLOADED", "UNKNOWN_ROLE"}
	if int(code) < len(names) {
		return names[code]
	}
	return strconv.Itoa(int(code))
}

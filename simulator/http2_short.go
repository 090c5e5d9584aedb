package simulator

import (
	"time"

	"golang.org/x/net/http2"
)

// shortFrame is a DATA frame that is longer than the peer's window: it is sent as several, each as
// long as the window allows (RFC 9113, 6.9.1).
type shortFrame struct {
	head [frameHeaderLen]byte // as it was compiled
	have int                  // bytes of head that were reached
	open bool                 // the header of the part was sent
	part int64                // not sent of the part that is begun
	rest int64                // not sent of the whole
}

// header is that of the part.
func (f *shortFrame) header() []byte {
	h := f.head
	h[0], h[1], h[2] = byte(f.part>>16), byte(f.part>>8), byte(f.part)
	if f.part < f.rest {
		h[4] &^= byte(http2.FlagDataEndStream)
	}
	return h[:]
}

// acquire waits until the peer takes some of n bytes of DATA (RFC 9113, 6.9), which are the payload
// of the next frame.
func (c *conn) acquire(n int64) error {
	if c.sub == nil {
		return nil
	}
	part, err := c.sub.grant(c, n)
	if part < n {
		c.sub.short = shortFrame{part: part, rest: n}
	}
	return err
}

// grant takes up to n bytes off the peer's windows, and waits for the first.
func (s *http2Stream) grant(c *conn, n int64) (part int64, err error) {
	m := s.mux
	err = s.park(c, time.Time{}, func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		part = max(0, min(n, m.window, s.window))
		m.window -= part
		s.window -= part
		return part > 0 || n == 0
	})
	return part, err
}

// writeShort writes output that begins in such a frame.
func (c *conn) writeShort(out []segment) error {
	f := &c.sub.short
	for len(out) > 0 && f.rest > 0 {
		var pieces []segment
		if pieces, out = f.take(c, out); len(pieces) > 0 {
			if err := c.writeOut(pieces); err != nil {
				return err
			}
		}
		if f.part > 0 || f.rest == 0 || len(out) == 0 {
			continue
		}
		part, err := c.sub.grant(c, f.rest)
		if err != nil {
			return err
		}
		f.part, f.open = part, false
	}
	if len(out) == 0 {
		return nil
	}
	return c.writeOut(out)
}

// take splits off what can be sent now.
func (f *shortFrame) take(c *conn, out []segment) (pieces, rest []segment) {
	switch {
	case f.have < frameHeaderLen:
		var head []segment
		head, out = take(out, int64(frameHeaderLen-f.have))
		from := f.have
		for _, s := range head {
			f.have += copy(f.head[f.have:], s.sent(c))
		}
		f.open = f.have == frameHeaderLen
		pieces = append(pieces, bytesSegment(f.header()[from:f.have]))
	case !f.open:
		f.open = true
		pieces = append(pieces, bytesSegment(f.header()))
	}
	if f.open && f.part > 0 && len(out) > 0 {
		var body []segment
		body, out = take(out, f.part)
		f.part -= sizeOf(body)
		f.rest -= sizeOf(body)
		pieces = append(pieces, body...)
	}
	return pieces, out
}

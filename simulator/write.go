package simulator

import (
	"errors"
	"os"
	"sync"
	"time"
)

// write sends output and journals how much of it the kernel took.
func (c *conn) write(out ...segment) error {
	if c.sub != nil && c.sub.short.rest > 0 {
		return c.writeShort(out)
	}
	return c.writeOut(out)
}

func (c *conn) writeOut(out []segment) error {
	if c.sub != nil {
		if err := c.sub.takeTurn(c); err != nil {
			return err
		}
		defer c.sub.passTurn(false)
	}
	n, err := c.writeAll(out)
	c.logWrite(n, err)
	switch {
	case err == nil:
		return nil
	case c.stop.Load():
		return errStopped
	default:
		return c.lost(err)
	}
}

//go:noinline
func (c *conn) logWrite(n int64, err error) time.Time {
	e := &Entry{Kind: KindWrite, Bytes: n}
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		e.Errno = errnoName(err)
	}
	c.log(e)
	return e.Time
}

func (c *conn) writeAll(out []segment) (sent int64, err error) {
	if len(out) == 1 && !out[0].repeats() {
		n, err := c.send(out[0].sent(c))
		c.shown().written.Add(int64(n))
		return int64(n), err
	}
	w := blockWriter{c: c, block: blocks.Get().(*[]byte)}
	defer blocks.Put(w.block)
	for _, s := range out {
		data := s.sent(c)
		for left := s.size; left > 0 && w.err == nil; {
			n := min(left, int64(len(data)))
			w.add(data[:n])
			left -= n
		}
	}
	w.flush()
	return w.sent, w.err
}

// blocks are what long output is sent in.
var blocks = sync.Pool{New: func() any { b := make([]byte, 0, 64<<10); return &b }}

// blockWriter gathers pieces, so that filler and record headers do not cost a system call each.
type blockWriter struct {
	c     *conn
	block *[]byte
	sent  int64
	err   error
}

func (w *blockWriter) add(p []byte) {
	for len(p) > 0 && w.err == nil {
		b := *w.block
		n := copy(b[len(b):cap(b)], p)
		*w.block = b[:len(b)+n]
		p = p[n:]
		if len(*w.block) == cap(b) {
			w.flush()
		}
	}
}

func (w *blockWriter) flush() {
	if w.err == nil && len(*w.block) > 0 {
		var n int
		n, w.err = w.c.send(*w.block)
		w.sent += int64(n)
		w.c.shown().written.Add(int64(n))
	}
	*w.block = (*w.block)[:0]
}

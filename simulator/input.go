package simulator

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// input is what was read of a connection and not yet parsed: buf[r:w]. Where a
// plan must leave input unread, the last peeked bytes are looked at with
// MSG_PEEK and still lie in the kernel; they are consumed only when more is
// needed. So the end of each head and body stays unread until then.
type input struct {
	buf    []byte
	slab   *[]byte // buf, while it is one of the pool
	r, w   int
	peeked int
}

const bufferSize = 4 << 10

var buffers = sync.Pool{New: func() any { b := make([]byte, bufferSize); return &b }}

// release gives the buffer back, if nothing is in it: who waits for input holds none.
func (in *input) release() {
	if in.buf == nil || in.r != in.w {
		return
	}
	if in.slab != nil {
		buffers.Put(in.slab)
	}
	in.buf, in.slab, in.r, in.w = nil, nil, 0, 0
}

// shed gives the buffer back and keeps what is unparsed: a hung connection holds no more than that.
func (in *input) shed() {
	if in.slab == nil || in.r == in.w {
		in.release()
		return
	}
	rest := bytes.Clone(in.buf[in.r:in.w])
	buffers.Put(in.slab)
	in.buf, in.slab, in.r, in.w = rest, nil, 0, len(rest)
}

// room makes place for more input behind the unparsed bytes.
func (in *input) room() {
	switch {
	case in.buf == nil:
		in.slab = buffers.Get().(*[]byte)
		in.buf = *in.slab
	case in.r == in.w:
		in.r, in.w = 0, 0
	case in.w == len(in.buf):
		in.compact()
	}
}

// compact moves the unparsed bytes to the front, of a bigger buffer if need be.
func (in *input) compact() {
	target, slab := in.buf, in.slab
	switch rest := in.w - in.r; {
	case rest < bufferSize && len(in.buf) < bufferSize:
		slab = buffers.Get().(*[]byte)
		target = *slab
	case rest > len(in.buf)/2:
		target, slab = make([]byte, max(2*len(in.buf), bufferSize)), nil
	}
	n := copy(target, in.buf[in.r:in.w])
	if in.slab != nil && in.slab != slab {
		buffers.Put(in.slab)
	}
	in.buf, in.slab, in.r, in.w = target, slab, 0, n
}

// fill reads more input, at least one byte, and ends with errElapsed at until.
func (c *conn) fill(until time.Time) error {
	if c.encrypted() {
		return c.fillTLS(until)
	}
	if err := c.settle(); err != nil {
		return err
	}
	if c.inWait {
		return errMore
	}
	n, err := c.pull(nil, until, c.gen.leaves)
	c.in.w += n
	c.seen.read.Add(int64(n))
	if c.gen.leaves {
		c.in.peeked = n
	}
	switch {
	case err == nil, err == errMore:
		return nil
	case err == errHead, errors.Is(err, errMalformed):
		return err
	}
	return c.broken(err)
}

// settle consumes what was only peeked at.
func (c *conn) settle() error {
	if c.in.peeked == 0 {
		return nil
	}
	scratch := buffers.Get().(*[]byte)
	defer buffers.Put(scratch)
	for c.in.peeked > 0 {
		n, err := c.read((*scratch)[:min(c.in.peeked, bufferSize)], time.Time{}, false)
		if err != nil {
			return err
		}
		c.in.peeked -= n
	}
	return nil
}

// read waits for input. The end of the connection is journaled and is errDone.
func (c *conn) read(p []byte, until time.Time, peek bool) (int, error) {
	n, err := c.pull(p, until, peek)
	if err != nil {
		return 0, c.broken(err)
	}
	return n, nil
}

// broken journals the connection's end, unless it was only waiting that ended.
//
//go:noinline
func (c *conn) broken(err error) error {
	if waits(err) || err == errStopped || err == errDone {
		return err
	}
	return c.lost(err)
}

// waits tells whether it was only waiting that ended, and reading can go on.
func waits(err error) bool { return err == errNewPlan || err == errElapsed || err == errAsked }

// pull is read, and with no p reads behind what the buffer holds; but the end of the connection is the error that the socket gave.
func (c *conn) pull(p []byte, until time.Time, peek bool) (int, error) {
	if err := c.arm(until); err != nil {
		return 0, err
	}
	for {
		n, err := c.readOnce(p, peek)
		switch {
		case n > 0:
			return n, nil
		case err == errNewPlan:
			return 0, err
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return 0, err
		}
		c.deadline = past
		if err := c.arm(until); err != nil {
			return 0, err
		}
	}
}

// attempt is one try of a read, made whenever the socket becomes readable.
// Without p it takes a buffer for the try alone: who waits holds none.
type attempt struct {
	p    []byte
	peek bool
	n    int
	err  error
}

func (c *conn) readOnce(p []byte, peek bool) (int, error) {
	c.try = attempt{p: p, peek: peek}
	if err := c.raw.Read(c.tryRead); err != nil {
		return 0, err
	}
	if c.try.n <= 0 && c.try.err == nil {
		return 0, io.EOF
	}
	return max(c.try.n, 0), c.try.err
}

// doRead reads, unless a new plan was set while the connection waited: a
// request sent after that belongs to the new plan, which may want it unread.
func (c *conn) doRead(fd uintptr) bool {
	for {
		if c.between && c.newPlan() {
			c.try.err = errNewPlan
			return true
		}
		kept := c.kept()
		left, empty := c.readNow(int(fd), kept)
		if !empty && (!kept || c.try.n <= 0 || c.try.err != nil || !c.answer(int(fd))) {
			return true
		}
		if empty || left == 0 {
			if c.try.p == nil {
				c.in.release()
			}
			return false
		}
		if c.stop.Load() {
			c.try.err = os.ErrDeadlineExceeded
			return true
		}
	}
}

// readNow reads what is there, or finds that nothing is. left is that of receive.
func (c *conn) readNow(fd int, kept bool) (left int, empty bool) {
	t := &c.try
	left = -1
	p := t.p
	if p == nil {
		c.in.room()
		p = c.in.buf[c.in.w:]
	}
	for {
		switch {
		case t.peek:
			t.n, _, t.err = unix.Recvfrom(fd, p, unix.MSG_PEEK)
		case kept:
			t.n, left, t.err = c.receive(fd, p)
		default:
			t.n, t.err = unix.Read(fd, p)
		}
		if t.err != unix.EINTR {
			return left, t.err == unix.EAGAIN
		}
	}
}

// arm sets the read deadline, and only then looks whether there is still a
// reason to wait: whoever changes the reason wakes the connection afterwards.
func (c *conn) arm(until time.Time) error {
	if c.deadline.Equal(until) {
		return nil
	}
	if err := c.net.SetReadDeadline(until); err != nil {
		return c.lost(err)
	}
	c.deadline = until
	switch {
	case c.stop.Load():
		return errStopped
	case c.mux != nil && c.between && c.mux.wanted():
		return errAsked
	case !until.IsZero() && !time.Now().Before(until):
		return errElapsed
	}
	return nil
}

// newPlan tells whether a plan for open connections has come since this one's.
func (c *conn) newPlan() bool {
	g := c.srv.everywhere.Load()
	return g != nil && g.number > c.gen.number
}

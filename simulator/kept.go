package simulator

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// A kept connection waits for its next request inside the poller's wait and also answers there,
// where the answer is one piece of output. Go's poller forgets at the begin of a wait what it was
// told before, so each wait begins with a read(2) that finds nothing: a third of all system calls.
// Inside one wait no event is forgotten, and what is known to be empty need not be read again.

// Why the poller's wait is left with bytes that are in the input already.
var (
	errMore = errors.New("more of the head is needed")
	errHead = errors.New("the head is there")
)

// kept reports whether the connection waits for the first byte of a request that may be answered
// inside the wait.
func (c *conn) kept() bool {
	return c.between && c.exchange > 0 && c.try.p == nil && !c.try.peek &&
		c.srv.protocol.whole != nil && c.gen.idle == nil && c.secure == nil
}

// answer takes up what was just read. It reports whether the request is answered and the connection
// waits for the next one; if not, the error of the attempt says how to go on outside the wait.
func (c *conn) answer(fd int) bool {
	t := &c.try
	c.in.w += t.n
	c.seen.read.Add(int64(t.n))
	t.n = 0
	c.inWait = true
	t.err = c.srv.protocol.head(c, time.Time{})
	c.inWait = false
	if t.err != nil {
		return false
	}
	t.err = errHead
	if !c.srv.protocol.whole(c) {
		return false
	}
	if c.chosen = c.choose(); !c.chosen.plain || !c.req.keep {
		return false
	}
	if t.err = c.runPlain(fd, c.chosen); t.err != nil {
		return false
	}
	c.chosen = nil
	c.awaits()
	return true
}

// runPlain is run for a program that waits for nothing but room for its output.
func (c *conn) runPlain(fd int, p *program) error {
	for i := range p.actions {
		a := &p.actions[i]
		c.seen.doing.Store(a)
		if a.run != nil {
			if err := c.readBody(); err != nil {
				return err
			}
			continue
		}
		n, err := c.put(fd, a.out[0].sent(c))
		c.seen.written.Add(int64(n))
		at := c.logWrite(int64(n), err)
		if err != nil {
			return err
		}
		c.served(at)
	}
	return nil
}

// put writes all of p, at once where there is room for it.
func (c *conn) put(fd int, p []byte) (int, error) {
	n, err := now(unix.SYS_WRITE, fd, p)
	switch {
	case n == len(p):
		return n, nil
	case err != nil && err != unix.EAGAIN && err != unix.EINTR:
		return 0, err
	}
	m, err := c.net.Write(p[n:])
	return n + m, err
}

// isPlain reports whether all actions are output of one piece, the last one too, and reading the
// request's body.
func isPlain(actions []action) bool {
	for _, a := range actions {
		if a.run != nil && !a.body || a.run == nil && (len(a.out) != 1 || a.out[0].repeats()) {
			return false
		}
	}
	return len(actions) > 0 && actions[len(actions)-1].run == nil
}

package simulator

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// park blocks until done says so (asked after each wake), until the time, until
// the peer ends (errDone) or the server stops. It reads nothing and holds no buffer.
func (c *conn) park(until time.Time, done func() bool) error {
	if c.sub != nil {
		return c.sub.park(c, until, done)
	}
	c.in.shed()
	c.req.release()
	for {
		switch err := c.arm(until); {
		case errors.Is(err, errElapsed):
			return nil
		case err != nil:
			return err
		}
		if done != nil && done() {
			return nil
		}
		err := c.raw.Read(hungUp)
		switch {
		case err == nil:
			return c.lost(c.socketError())
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return c.lost(err)
		}
		c.deadline = past // whatever it was: somebody woke us, or it has passed
	}
}

// hungUp sees the peer's end even where unread input lies before it.
func hungUp(fd uintptr) bool {
	return polled(fd, unix.POLLRDHUP|unix.POLLHUP|unix.POLLERR)
}

func polled(fd uintptr, events int16) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: events}}
	for {
		n, err := unix.Poll(fds, 0)
		if err != unix.EINTR {
			return n > 0 && fds[0].Revents&(events|unix.POLLERR|unix.POLLHUP) != 0
		}
	}
}

func (c *conn) socketError() (err error) {
	_ = c.raw.Control(func(fd uintptr) {
		if n, e := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR); e == nil && n != 0 {
			err = unix.Errno(n)
		}
	})
	return err
}

// awaitInput waits until something lies unread.
func (c *conn) awaitInput() error {
	for {
		if err := c.arm(time.Time{}); err != nil {
			return err
		}
		err := c.raw.Read(func(fd uintptr) bool { return polled(fd, unix.POLLIN|unix.POLLRDHUP) })
		switch {
		case err == nil && c.queued() > 0:
			return nil
		case err == nil:
			return c.lost(c.socketError())
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return c.lost(err)
		}
		c.deadline = past
	}
}

// awaitMore waits for input behind what was only peeked at. That stays unread
// meanwhile: some script may need it so. Each arrival is an event of its own, because Go's poller is edge-triggered.
func (c *conn) awaitMore(until time.Time) error {
	for c.in.peeked > 0 {
		if err := c.arm(until); err != nil {
			return err
		}
		err := c.raw.Read(func(fd uintptr) bool {
			n, _ := unix.IoctlGetInt(int(fd), unix.SIOCINQ)
			return n > c.in.peeked || polled(fd, unix.POLLRDHUP)
		})
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return c.lost(err)
		}
		c.deadline = past
	}
	return nil
}

// flush waits until all that was written is delivered. The kernel reports no
// event for that, so it is asked, ever more rarely.
func (c *conn) flush() error {
	pause := 50 * time.Microsecond
	for c.undelivered() > 0 {
		if err := c.park(time.Now().Add(pause), nil); err != nil {
			return err
		}
		pause = min(2*pause, 5*time.Millisecond)
	}
	return nil
}

// hang parks until the peer ends.
func (c *conn) hang() error { return c.hold(func() bool { return false }) }

// hold parks until done says so.
func (c *conn) hold(done func() bool) error { return c.park(time.Time{}, done) }

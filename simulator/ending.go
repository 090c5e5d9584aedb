package simulator

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// finish closes the descriptor and journals how the connection ended.
func (c *conn) finish(by, end, errno string) {
	if c.ended {
		return
	}
	c.ended = true
	carried := c.traffic()
	_ = c.net.Close()
	c.srv.meters.close(by, end)
	c.log(&Entry{Kind: KindClose, By: by, End: end, Errno: errno, Traffic: carried})
}

// failed journals that a step did not have the effect it is named after.
func (c *conn) failed(format string, args ...any) {
	c.log(&Entry{Kind: KindFailed, Text: fmt.Sprintf(format, args...)})
}

// lost ends a connection that the peer ended, or that broke.
func (c *conn) lost(err error) error {
	var errno syscall.Errno
	switch {
	case c.stop.Load():
		return errStopped
	case c.sub != nil: // who reads the connection learns of it, too, and journals it
		return errDone
	case err == nil || errors.Is(err, io.EOF):
		c.finish(ByPeer, EndFIN, "")
	case errors.As(err, &errno) && (errno == unix.ECONNRESET || errno == unix.EPIPE):
		c.finish(ByPeer, EndRST, unix.ErrnoName(errno))
	default:
		c.finish(ByPeer, EndRST, errnoName(err))
	}
	return errDone
}

func errnoName(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return unix.ErrnoName(errno)
	}
	return err.Error()
}

// queued is the number of bytes that the kernel holds unread.
func (c *conn) queued() int { return c.ioctl(unix.SIOCINQ) }

// undelivered is the number of bytes written that the peer's kernel has not
// acknowledged (TCP) or that the peer has not read (unix socket).
func (c *conn) undelivered() int { return c.ioctl(unix.SIOCOUTQ) }

func (c *conn) ioctl(request uint) (n int) {
	_ = c.raw.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), request) })
	return n
}

// endNow is what close(2) makes the peer see: a reset when input is unread.
func (c *conn) endNow() string {
	if c.queued() > 0 {
		return EndRST
	}
	return EndFIN
}

// fin ends the connection so that the peer reads an orderly end. Input that
// lies unread would turn close(2) into a reset, so it is read first. Where the request is
// not complete, more of it may be on its way: then the peer's end is awaited.
func (c *conn) fin() error {
	if err := c.settle(); err != nil {
		return err
	}
	complete := c.between || c.srv.protocol.bodyDone(c)
	if c.exchange > 0 && complete && c.queued() == 0 {
		c.notifyClose()
		c.finish(ByLocal, EndFIN, "")
		return errDone
	}
	return c.lingerClose()
}

type writeCloser interface{ CloseWrite() error }

// lingerClose sends FIN, then reads until the peer ends too or the server's linger time is over.
func (c *conn) lingerClose() error {
	c.notifyClose()
	if err := c.net.(writeCloser).CloseWrite(); err != nil {
		return c.lost(err)
	}
	err := c.discard(time.Now().Add(c.srv.linger))
	switch {
	case errors.Is(err, errElapsed), errors.Is(err, io.EOF):
		c.finish(ByLocal, c.endNow(), "")
	case errors.Is(err, errStopped):
		return err
	default: // the peer was faster with its reset: our FIN came first all the same
		c.finish(ByLocal, EndFIN, errnoName(err))
	}
	return errDone
}

// discard reads until the end of the input (io.EOF), an error or until.
func (c *conn) discard(until time.Time) error {
	c.in.r = c.in.w
	c.seen.read.Add(-int64(c.in.peeked)) // it is read again
	c.in.peeked = 0
	scratch := buffers.Get().(*[]byte)
	defer buffers.Put(scratch)
	err := c.arm(until)
	for err == nil {
		var n int
		n, err = c.net.Read(*scratch)
		c.seen.read.Add(int64(n))
		if errors.Is(err, os.ErrDeadlineExceeded) {
			c.deadline = past
			err = c.arm(until)
		}
	}
	return err
}

// reset ends the connection with a reset, by the way its socket has.
func (c *conn) reset() error {
	if tcp, ok := c.net.(*net.TCPConn); ok {
		return c.resetTCP(tcp)
	}
	if c.exchange == 0 {
		if err := c.awaitInput(); err != nil {
			return err
		}
	}
	end := c.endNow()
	if end != EndRST {
		c.failed("rst: nothing lies unread, so closing the unix socket is an orderly end")
	}
	c.finish(ByLocal, end, "")
	return errDone
}

// resetTCP sets a linger time of 0, which makes close(2) send RST and discard what is not delivered (socket(7)).
func (c *conn) resetTCP(tcp *net.TCPConn) error {
	if c.tcpState() == tcpClosed {
		return c.lost(unix.ECONNRESET)
	}
	if err := tcp.SetLinger(0); err != nil {
		c.failed("rst: %v", err)
	}
	c.finish(ByLocal, EndRST, "")
	return errDone
}

// tcpClosed is TCP_CLOSE of the kernel's tcp_states.h: the peer has reset the connection.
const tcpClosed = 7

func (c *conn) tcpState() (state uint8) {
	_ = c.raw.Control(func(fd uintptr) {
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			state = info.State
		}
	})
	return state
}

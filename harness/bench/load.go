package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// load is what is asked of a server: one request over and over, on each of many
// kept-alive connections, the next one when the answer is complete.
type load struct {
	network string // "tcp" when empty
	addr    string
	request string
	answer  int // bytes of one answer; found out by the first when 0
	conns   int
}

// rate is what a server did under load.
type rate struct {
	perSecond float64
	cpu       float64 // µs of the server's process per request
	proxy     float64 // µs of the proxy before it, if there is one
}

// client is the raw end of a load: one thread, epoll, and no memory of its own,
// so that the server is what limits.
type client struct {
	load
	epoll int
	fds   []int
	left  map[int]int // of the answer, by descriptor
	done  int
	buf   []byte
}

// dial opens the connections and makes one exchange on each.
func (l load) dial() (*client, error) {
	c := &client{load: l, left: map[int]int{}, buf: make([]byte, 64<<10)}
	var err error
	if c.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	for range l.conns {
		if err := c.connect(); err != nil {
			c.close()
			return nil, err
		}
	}
	return c, nil
}

func (c *client) connect() error {
	fd, err := connect(c.network, c.addr)
	if err != nil {
		return err
	}
	c.fds = append(c.fds, fd)
	if err := c.first(fd); err != nil {
		return fmt.Errorf("first exchange with %s: %w", c.addr, err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return err
	}
	return unix.EpollCtl(c.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
}

// first makes an exchange and learns by it how long an answer is.
func (c *client) first(fd int) error {
	if _, err := unix.Write(fd, []byte(c.request)); err != nil {
		return err
	}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 200_000}); err != nil {
		return err
	}
	n, limit := 0, time.Now().Add(10*time.Second)
	for c.answer == 0 || n < c.answer {
		m, err := unix.Read(fd, c.buf)
		switch {
		case err == unix.EAGAIN && n > 0 && c.answer == 0:
			c.answer = n // nothing more came for a while
		case err == unix.EAGAIN && time.Now().Before(limit):
		case err != nil:
			return err
		case m == 0:
			return errors.New("the server closed the connection")
		}
		n += max(m, 0)
	}
	return nil
}

func connect(network, addr string) (int, error) {
	family, target := unix.AF_UNIX, unix.Sockaddr(&unix.SockaddrUnix{Name: addr})
	if network != "unix" {
		a, err := net.ResolveTCPAddr("tcp4", addr)
		if err != nil {
			return 0, err
		}
		family, target = unix.AF_INET, &unix.SockaddrInet4{Port: a.Port, Addr: [4]byte(a.IP.To4())}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	if family == unix.AF_INET {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	}
	if err := unix.Connect(fd, target); err != nil {
		_ = unix.Close(fd)
		return 0, fmt.Errorf("connect to %s: %w", strings.TrimSpace(addr), err)
	}
	return fd, nil
}

func (c *client) close() {
	for _, fd := range c.fds {
		_ = unix.Close(fd)
	}
	_ = unix.Close(c.epoll)
}

// run loads the server for a while and counts the answers. The thread is pinned to the load's core.
func (c *client) run(ctx context.Context, length time.Duration) (answers int, took time.Duration, err error) {
	err = onCore(loadCore(), func() error {
		begin := time.Now()
		c.done = 0
		for _, fd := range c.fds {
			if err := c.ask(fd); err != nil {
				return err
			}
		}
		err := c.loop(ctx, begin.Add(length))
		answers, took = c.done, time.Since(begin)
		return errors.Join(err, c.drain())
	})
	return answers, took, err
}

func (c *client) ask(fd int) error {
	c.left[fd] = c.answer
	if n, err := unix.Write(fd, []byte(c.request)); err != nil || n < len(c.request) {
		return fmt.Errorf("write a request: %d of %d bytes: %w", n, len(c.request), err)
	}
	return nil
}

func (c *client) loop(ctx context.Context, end time.Time) error {
	var events [128]unix.EpollEvent
	for ctx.Err() == nil && time.Now().Before(end) {
		n, err := unix.EpollWait(c.epoll, events[:], 100)
		if err != nil && err != unix.EINTR {
			return err
		}
		for _, e := range events[:max(n, 0)] {
			complete, err := c.take(int(e.Fd))
			if err == nil && complete {
				err = c.ask(int(e.Fd))
			}
			if err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// take reads what is there of an answer.
func (c *client) take(fd int) (complete bool, err error) {
	n, err := unix.Read(fd, c.buf)
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return false, nil
	case err != nil:
		return false, fmt.Errorf("read an answer: %w", err)
	case n == 0:
		return false, errors.New("read an answer: the server closed the connection")
	}
	c.left[fd] -= n
	if c.left[fd] < 0 {
		return false, fmt.Errorf("read an answer: %d bytes too many", -c.left[fd])
	}
	if c.left[fd] == 0 {
		c.done++
	}
	return c.left[fd] == 0, nil
}

// drain reads the answers that are under way, so that the next run begins with none.
func (c *client) drain() error {
	for _, fd := range c.fds {
		for deadline := time.Now().Add(5 * time.Second); c.left[fd] > 0; {
			_, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 100)
			if err == nil || err == unix.EINTR {
				_, err = c.take(fd)
			}
			if err != nil {
				return err
			}
			if time.Now().After(deadline) {
				return errors.New("an answer did not come for 5 seconds")
			}
		}
	}
	return nil
}

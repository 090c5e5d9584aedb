package simulator

import (
	"fmt"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// fillQueue puts n connections of our own into the accept queue and proves that it is full. Then TCP drops what comes,
// so that connecting times out, and a unix socket refuses it with EAGAIN.
//
// nginx: "upstream timed out (110: Connection timed out) while connecting to upstream" and
// "connect() to unix:/… failed (11: Resource temporarily unavailable)".
func (s *Server) fillQueue(l net.Listener, n int) error {
	target, err := s.target()
	if err != nil {
		return err
	}
	for range n {
		err := s.connectOne(target)
		if err == unix.EAGAIN { // somebody else was faster with a place
			break
		}
		if err != nil {
			return fmt.Errorf("fill the accept queue with %d connections: %w", n, err)
		}
	}
	return awaitFull(l)
}

func (s *Server) target() (unix.Sockaddr, error) {
	if s.traits.unix {
		return &unix.SockaddrUnix{Name: s.address.addr}, nil
	}
	addr, err := netip.ParseAddrPort(s.bound)
	if err != nil {
		return nil, fmt.Errorf("fill the accept queue: %w", err)
	}
	if ip := addr.Addr().Unmap(); ip.Is4() {
		return &unix.SockaddrInet4{Port: int(addr.Port()), Addr: ip.As4()}, nil
	}
	return &unix.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16()}, nil
}

func (s *Server) connectOne(target unix.Sockaddr) error {
	family := unix.AF_UNIX
	switch target.(type) {
	case *unix.SockaddrInet4:
		family = unix.AF_INET
	case *unix.SockaddrInet6:
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return err
	}
	err = inRoot(s.root, func() error { return unix.Connect(fd, target) })
	if err != nil && err != unix.EINPROGRESS {
		_ = unix.Close(fd)
		return err
	}
	s.fillers = append(s.fillers, fd)
	return nil
}

// awaitFull waits for TCP's handshakes, and proves by the kernel's own figures that nobody fits in any more.
func awaitFull(l net.Listener) error {
	var q Queue
	for limit := time.Now().Add(time.Second); time.Now().Before(limit); time.Sleep(time.Millisecond) {
		var err error
		if q, err = queueOf(l); err != nil || q.full() {
			return err
		}
	}
	return fmt.Errorf("fill the accept queue: %d connections lie in it, which is not above its limit of %d", q.Depth, q.Limit)
}

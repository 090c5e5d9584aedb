package simulator

import (
	"fmt"
	"net"
	"net/netip"
	"syscall"
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
		if err := s.connectOne(target); err != nil {
			return fmt.Errorf("fill the accept queue with %d connections: %w", n, err)
		}
	}
	if s.traits.unix {
		if err := s.connectOne(target); err != unix.EAGAIN {
			return fmt.Errorf("fill the accept queue: %d connections did not fill it: %v", n, err)
		}
		return nil
	}
	return awaitDepth(l, n)
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

// awaitDepth waits for TCP's handshakes. TCP_INFO of a listening socket gives
// the queue's depth as unacked and its limit as sacked (tcp_get_info of the kernel).
func awaitDepth(l net.Listener, want int) error {
	raw, err := l.(syscall.Conn).SyscallConn()
	if err != nil {
		return err
	}
	var depth int
	for limit := time.Now().Add(time.Second); time.Now().Before(limit); time.Sleep(time.Millisecond) {
		_ = raw.Control(func(fd uintptr) {
			var info *unix.TCPInfo
			if info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
				depth = int(info.Unacked)
			}
		})
		if err != nil || depth >= want {
			return err
		}
	}
	return fmt.Errorf("fill the accept queue: %d connections lie in it, want %d", depth, want)
}

package simulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// limits of an endpoint.
const (
	maxBacklog = 65535
	maxFill    = 4096 // connections of our own, a descriptor each
	maxWorkers = 65535
)

// check refuses states that the endpoint's kind of socket does not have.
func (e Endpoint) check(t traits) error {
	if b2i(e.Refuse)+b2i(e.Missing)+b2i(e.Stale)+b2i(e.NoAccept)+b2i(e.FillQueue)+b2i(e.KillWithQueue != 0)+b2i(e.NoDescriptors)+b2i(e.PathIs != "") > 1 {
		return errors.New("only one of refuse, missing, stale, no_accept, fill_queue, kill_with_queue, no_descriptors and path_is can hold")
	}
	if e.PathIs != "" && e.PathIs != pathRegular && e.PathIs != pathDatagram {
		return fmt.Errorf("path_is: %q is neither regular nor datagram", e.PathIs)
	}
	if err := errors.Join(e.checkQueue(), e.checkAccept()); err != nil {
		return err
	}
	if e.ProxyProtocol != nil {
		if err := e.ProxyProtocol.check(); err != nil {
			return err
		}
	}
	if t.unix {
		return e.checkUnix()
	}
	if e.Missing || e.Stale || e.PathIs != "" || e.Mode != nil || e.Owner != nil || e.Group != nil || e.DirectoryMode != nil {
		return errors.New("missing, stale, path_is, mode, owner, group and directory_mode belong to unix sockets")
	}
	return nil
}

func (e Endpoint) checkQueue() error {
	switch {
	case e.Backlog != nil && (*e.Backlog < 0 || *e.Backlog > maxBacklog):
		return fmt.Errorf("backlog: %d is not between 0 and %d", *e.Backlog, maxBacklog)
	case e.FillQueue && e.Backlog == nil:
		return errors.New("fill_queue needs backlog, the length of the queue to fill")
	case e.FillQueue && *e.Backlog > maxFill:
		return fmt.Errorf("fill_queue: a backlog of %d is above the limit of %d connections of our own", *e.Backlog, maxFill)
	case e.KillWithQueue < 0 || e.KillWithQueue > e.backlog()+1:
		return fmt.Errorf("kill_with_queue: %d is not between 1 and %d, what a queue with this backlog holds", e.KillWithQueue, e.backlog()+1)
	}
	return nil
}

func (e Endpoint) checkAccept() error {
	switch {
	case e.Workers < 0 || e.Workers > maxWorkers:
		return fmt.Errorf("workers: %d is not between 0 and %d", e.Workers, maxWorkers)
	case e.Waiting != "" && e.Waiting != waitQueue && e.Waiting != waitAccepted:
		return fmt.Errorf("waiting: %q is neither queue nor accepted", e.Waiting)
	case e.Waiting != "" && e.Workers == 0:
		return errors.New("waiting needs workers, the number of connections that are served at a time")
	case e.AcceptDelay < 0 || e.AcceptDelay > maxDelay:
		return fmt.Errorf("accept_delay: %s is not between 0 and %s", e.AcceptDelay, maxDelay)
	}
	return nil
}

// checkUnix refuses what TCP alone has, and owners that this process cannot give.
func (e Endpoint) checkUnix() error {
	if e.ReceiveBuffer != 0 {
		return errors.New("receive_buffer belongs to TCP: what fits into a unix socket is up to the peer's send buffer (unix(7))")
	}
	if e.Owner != nil && *e.Owner < 0 || e.Group != nil && *e.Group < 0 {
		return errors.New("owner and group cannot be negative")
	}
	foreign := e.Owner != nil && *e.Owner != unix.Geteuid() || e.Group != nil && *e.Group != unix.Getegid()
	if foreign && !capable(unix.CAP_CHOWN) {
		return errors.New("owner and group: giving the socket away needs the capability CHOWN")
	}
	return nil
}

// capable tells whether this process has a capability (capabilities(7)).
func capable(capability uint) bool {
	var data [2]unix.CapUserData
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	if err := unix.Capget(&head, &data[0]); err != nil {
		return false
	}
	return data[capability/32].Effective&(1<<(capability%32)) != 0
}

// down tells whether nothing listens in this state.
func (e Endpoint) down() bool { return e.Refuse || e.Missing || e.Stale || e.PathIs != "" }

func (e Endpoint) state() string {
	switch {
	case e.Refuse:
		return "refuse"
	case e.Missing:
		return "missing"
	case e.Stale:
		return "stale"
	case e.NoAccept:
		return "no_accept"
	case e.FillQueue:
		return "fill_queue"
	case e.KillWithQueue > 0:
		return "kill_with_queue"
	case e.NoDescriptors:
		return "no_descriptors"
	case e.PathIs != "":
		return e.PathIs
	}
	return "listen"
}

// defaultBacklog is what most servers ask for; the kernel caps it at net.core.somaxconn.
const defaultBacklog = 511

func (e Endpoint) backlog() int {
	if e.Backlog != nil {
		return *e.Backlog
	}
	return defaultBacklog
}

// Values of Endpoint.PathIs.
const (
	pathRegular  = "regular"
	pathDatagram = "datagram"
)

// listenTCP listens with exactly the plan's accept queue.
func listenTCP(addr string, e Endpoint) (net.Listener, error) {
	config := net.ListenConfig{KeepAlive: -1, Control: func(_, _ string, raw syscall.RawConn) error {
		setProbes(raw)
		return e.setBuffer(raw)
	}}
	l, err := config.Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, err
	}
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err == nil {
		// listen(2) on a listening socket changes the length of its queue.
		_ = raw.Control(func(fd uintptr) { err = unix.Listen(int(fd), e.backlog()) })
	}
	if err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("listen with a queue of %d: %w", e.backlog(), err)
	}
	return l, nil
}

// setProbes sets what the net package sets of each connection (KeepAliveConfig): the kernel asks a
// silent peer every 15 s whether it is still there. Connections inherit it, which saves four system
// calls at each accept.
func setProbes(raw syscall.RawConn) {
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 15)
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 15)
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 9)
	})
}

// setBuffer is called before listen(2): connections inherit the size, and TCP
// offers its window by it (tcp(7)). The kernel silently gives less or more outside its bounds: that is an error.
func (e Endpoint) setBuffer(raw syscall.RawConn) (err error) {
	if e.ReceiveBuffer == 0 {
		return nil
	}
	_ = raw.Control(func(fd uintptr) {
		want, got := int(e.ReceiveBuffer), 0
		if err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, want); err != nil {
			return
		}
		if got, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF); err == nil && got != 2*want {
			err = fmt.Errorf("the kernel gives a receive buffer of %d instead of %d: it wants at least 1152 and at most net.core.rmem_max", got/2, want)
		}
	})
	return err
}

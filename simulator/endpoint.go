package simulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// check refuses states that the endpoint's kind of socket does not have.
func (e Endpoint) check(t traits) error {
	if b2i(e.Refuse)+b2i(e.Missing)+b2i(e.Stale)+b2i(e.NoAccept)+b2i(e.FillQueue)+b2i(e.PathIs != "") > 1 {
		return errors.New("only one of refuse, missing, stale, no_accept, fill_queue and path_is can hold")
	}
	if e.Backlog != nil && *e.Backlog < 0 {
		return errors.New("backlog cannot be negative")
	}
	if e.FillQueue && e.Backlog == nil {
		return errors.New("fill_queue needs backlog, the length of the queue to fill")
	}
	if e.PathIs != "" && e.PathIs != pathRegular && e.PathIs != pathDatagram {
		return fmt.Errorf("path_is: %q is neither regular nor datagram", e.PathIs)
	}
	if t.unix {
		return nil
	}
	if e.Missing || e.Stale || e.PathIs != "" || e.Mode != nil || e.Owner != nil || e.Group != nil || e.DirectoryMode != nil {
		return errors.New("missing, stale, path_is, mode, owner, group and directory_mode belong to unix sockets")
	}
	return nil
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
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error { return e.setBuffer(raw) }}
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

// setBuffer is called before listen(2): connections inherit the size, and TCP
// offers its window by it (tcp(7)).
func (e Endpoint) setBuffer(raw syscall.RawConn) (err error) {
	if e.ReceiveBuffer == 0 {
		return nil
	}
	_ = raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, int(e.ReceiveBuffer))
	})
	return err
}

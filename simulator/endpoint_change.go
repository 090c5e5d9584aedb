package simulator

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// SetEndpoint brings the endpoint into a state and leaves the plan as it is. The next plan, Resume and Restart bring their own.
// Where the listener can stay it does, with the connections in its queue.
func (s *Server) SetEndpoint(e Endpoint) error {
	if err := e.check(s.traits); err != nil {
		return fmt.Errorf("endpoint: %w", err)
	}
	return s.change(func() error { return s.apply(e) })
}

// KillWithQueue stops accepting and closes the listener once n connections with
// some of their request lie in its queue; the kernel resets all that lie there. It returns at once:
// the journal has an entry of kind "endpoint" and text "killed" when it has happened.
//
// nginx: "recv() failed (104: Connection reset by peer) while reading response header from upstream".
func (s *Server) KillWithQueue(n int) error {
	return s.adjust(func(e *Endpoint) { *e = e.up(); e.KillWithQueue = n })
}

// FillQueue makes an accept queue of length n, fills it with connections of the
// server's own and returns when the kernel says that it is full.
func (s *Server) FillQueue(n int) error {
	return s.adjust(func(e *Endpoint) { *e = e.up(); e.FillQueue, e.Backlog = true, &n })
}

// Chmod gives the socket's file another mode while it is listened on.
func (s *Server) Chmod(mode fs.FileMode) error {
	return s.onFile(Endpoint{Mode: &mode}, func(path string) error { return os.Chmod(path, mode) })
}

// Chown gives the socket's file away. It needs the capability CHOWN.
func (s *Server) Chown(owner, group int) error {
	return s.onFile(Endpoint{Owner: &owner, Group: &group}, func(path string) error { return os.Chown(path, owner, group) })
}

// Unlink removes the socket's file; open connections, and those in the queue, live on.
//
// nginx: "connect() to unix:/… failed (2: No such file or directory) while connecting to upstream".
func (s *Server) Unlink() error { return s.onFile(Endpoint{Missing: true}, os.Remove) }

// LeaveStale closes the listener and leaves the socket's file, as a crash does. Connections in the queue are reset.
//
// nginx: "connect() to unix:/… failed (111: Connection refused) while connecting to upstream".
func (s *Server) LeaveStale() error {
	return s.adjust(func(e *Endpoint) { *e = e.up(); e.Stale = true })
}

// SetBacklog changes the length of the accept queue of the live listener by
// another listen(2); what lies in the queue stays there.
func (s *Server) SetBacklog(n int) error {
	e := Endpoint{Backlog: &n}
	if err := e.checkQueue(); err != nil {
		return err
	}
	return s.change(func() error {
		if s.listener == nil {
			return errNothingListens
		}
		if err := setBacklog(s.listener, n); err != nil {
			return err
		}
		state := s.state
		state.Backlog = &n
		s.enter(state, state.state())
		return nil
	})
}

var errNothingListens = errors.New("nothing listens there at the moment")

// adjust brings the endpoint into a state made from the present one.
func (s *Server) adjust(f func(*Endpoint)) error {
	return s.change(func() error {
		e := s.state
		f(&e)
		if err := e.check(s.traits); err != nil {
			return fmt.Errorf("endpoint: %w", err)
		}
		if e.Stale && s.listener != nil { // the very file that is there, with its mode
			if err := s.unlisten(); err != nil {
				return err
			}
			s.enter(e, e.state())
			return nil
		}
		return s.apply(e)
	})
}

// onFile changes the socket's file in its root directory, and notes what is set of e as the endpoint's state.
func (s *Server) onFile(e Endpoint, f func(path string) error) error {
	if err := e.check(s.traits); err != nil {
		return err
	}
	return s.change(func() error {
		if err := inRoot(s.root, func() error { return f(s.file.path) }); err != nil {
			return fmt.Errorf("change the socket's file: %w", err)
		}
		state := s.state
		state.Missing = state.Missing || e.Missing
		if e.Mode != nil {
			state.Mode = e.Mode
		}
		if e.Owner != nil {
			state.Owner, state.Group = e.Owner, e.Group
		}
		s.enter(state, state.state())
		return nil
	})
}

// setBacklog calls listen(2) once more.
func setBacklog(l net.Listener, n int) error {
	raw, err := l.(syscall.Conn).SyscallConn()
	if err != nil {
		return err
	}
	if controlErr := raw.Control(func(fd uintptr) { err = unix.Listen(int(fd), n) }); controlErr != nil {
		return controlErr
	}
	if err != nil {
		return fmt.Errorf("listen with a queue of %d: %w", n, err)
	}
	return wantLimit(l, n)
}

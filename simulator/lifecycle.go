package simulator

import (
	"errors"
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

func (e Endpoint) differs(o Endpoint) bool {
	return e.state() != o.state() || e.backlog() != o.backlog() || e.ReceiveBuffer != o.ReceiveBuffer || !same(e.Mode, o.Mode) ||
		!same(e.Owner, o.Owner) || !same(e.Group, o.Group) || !same(e.DirectoryMode, o.DirectoryMode)
}

func same[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// apply closes the listener and brings the endpoint into a state anew. Open connections stay.
func (s *Server) apply(e Endpoint) error {
	if err := s.unlisten(); err != nil {
		return err
	}
	err := s.listen(e)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", s.address, err)
	}
	s.state = e
	s.journal.add(&Entry{Kind: KindEndpoint, Text: e.state()})
	return nil
}

func (s *Server) listen(e Endpoint) error {
	var l net.Listener
	var err error
	switch {
	case s.traits.unix:
		err = inRoot(s.root, func() error {
			l, err = s.file.listen(e)
			return err
		})
	case !e.down():
		l, err = listenTCP(s.bound, e)
	}
	if err != nil || l == nil {
		return err
	}
	s.listener = l
	s.mu.Lock()
	if !s.traits.unix {
		s.bound = l.Addr().String()
	}
	s.refusing = false
	s.mu.Unlock()
	if e.FillQueue {
		return s.fillQueue(l, *e.Backlog+1)
	}
	if !e.NoAccept {
		s.running.Add(1)
		go s.accept(l)
	}
	return nil
}

// unlisten closes the listener. Connections in its queue are reset by the kernel.
func (s *Server) unlisten() error {
	s.mu.Lock()
	s.refusing = true
	s.mu.Unlock()
	for _, fd := range s.fillers {
		_ = unix.Close(fd)
	}
	s.fillers = nil
	if s.listener == nil {
		return nil
	}
	err := s.listener.Close()
	s.listener = nil
	return err
}

var errNotRunning = errors.New("the simulator is not running")

// change runs f while the server is started and not closed.
func (s *Server) change(f func() error) error {
	s.control.Lock()
	defer s.control.Unlock()
	if !s.started || s.closed {
		return errNotRunning
	}
	return f()
}

// Refuse closes the listener: connecting gives ECONNREFUSED. The file of a unix
// socket stays, as after a crash. Open connections live on.
func (s *Server) Refuse() error {
	return s.change(func() error {
		if s.listener == nil {
			return nil
		}
		if err := s.unlisten(); err != nil {
			return err
		}
		s.state = s.state.up()
		s.state.Refuse = true
		s.journal.add(&Entry{Kind: KindEndpoint, Text: s.state.state()})
		return nil
	})
}

// Resume listens, also where the plan says that nothing does. Mode, owner and queue are those of the plan.
func (s *Server) Resume() error {
	return s.change(func() error {
		if s.listener != nil && s.state == s.state.up() {
			return nil
		}
		return s.apply(s.Plan().Endpoint.up())
	})
}

// up is the state of a healthy application: it listens, at the right kind of path, with an empty queue.
func (e Endpoint) up() Endpoint {
	e.Refuse, e.Missing, e.Stale, e.NoAccept, e.FillQueue, e.PathIs = false, false, false, false, false, ""
	return e
}

// Restart is what restarting an application does: all connections end, a stale
// socket file is replaced, and it listens with the plan's mode, owner and queue. A nil plan keeps the
// present one, but from then on it accepts connections, whatever the plan's endpoint says; the endpoint of a new plan holds.
func (s *Server) Restart(p *Plan) error {
	var gen *generation
	if p != nil {
		var err error
		if gen, err = compile(p, s.traits, s.seed); err != nil {
			return err
		}
	}
	return s.change(func() error {
		if err := s.unlisten(); err != nil {
			return err
		}
		s.each((*conn).stopNow)
		s.running.Wait()
		state := s.Plan().Endpoint.up()
		if gen != nil {
			s.install(gen)
			state = p.Endpoint
		}
		return s.apply(state)
	})
}

// Close ends all connections and returns when no goroutine, descriptor or socket file is left.
func (s *Server) Close() error {
	s.control.Lock()
	defer s.control.Unlock()
	return s.shut()
}

func (s *Server) shut() error {
	if s.closed {
		return nil
	}
	s.closed = true
	err := s.unlisten()
	s.each((*conn).stopNow)
	s.running.Wait()
	if s.traits.unix && s.started {
		err = errors.Join(err, inRoot(s.root, s.file.cleanUp))
	}
	return err
}

// ServerStatus is what the endpoint is at the moment.
type ServerStatus struct {
	Name        string `json:"name,omitempty"`
	Address     string `json:"address"`
	State       string `json:"state"` // listen, no_accept, fill_queue, refuse, missing, stale, regular, datagram, closed
	Generation  uint64 `json:"generation"`
	Connections int    `json:"connections"` // open ones
	Accepted    uint64 `json:"accepted"`    // since the start
}

// Status tells the endpoint's state.
func (s *Server) Status() ServerStatus {
	s.control.Lock()
	state := s.state.state()
	if !s.started || s.closed {
		state = "closed"
	}
	s.control.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	return ServerStatus{s.name, address{s.address.network, s.bound}.String(), state, s.Generation(), len(s.conns), s.accepted}
}

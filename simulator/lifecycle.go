package simulator

import (
	"errors"
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// differs tells whether going from one state to the other changes anything that can be seen.
func (e Endpoint) differs(o Endpoint) bool {
	return e.acceptance() != o.acceptance() || !e.sameSettings(o)
}

// acceptance is what is done with the queue of a listener.
func (e Endpoint) acceptance() Endpoint {
	return Endpoint{Refuse: e.Refuse, Missing: e.Missing, Stale: e.Stale, NoAccept: e.NoAccept, FillQueue: e.FillQueue, PathIs: e.PathIs,
		KillWithQueue: e.KillWithQueue, NoDescriptors: e.NoDescriptors, AcceptDelay: e.AcceptDelay, Workers: e.Workers, Waiting: e.Waiting}
}

// sameSocket tells whether the listener of one state can serve the other.
func (e Endpoint) sameSocket(o Endpoint) bool {
	return !e.down() && !o.down() && !e.FillQueue && !o.FillQueue && e.sameSettings(o)
}

func (e Endpoint) sameSettings(o Endpoint) bool {
	return e.backlog() == o.backlog() && e.ReceiveBuffer == o.ReceiveBuffer && same(e.Mode, o.Mode) &&
		same(e.Owner, o.Owner) && same(e.Group, o.Group) && same(e.DirectoryMode, o.DirectoryMode)
}

func same[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// apply brings the endpoint into a state. Where the listener can stay it does, with the connections in its queue; otherwise it is closed, and
// they are reset. Open connections stay.
func (s *Server) apply(e Endpoint) error {
	if s.listener != nil && s.state.sameSocket(e) {
		s.stopAccept()
		if err := s.startAccept(s.listener, e); err != nil {
			return err
		}
	} else if err := s.replace(e); err != nil {
		return errors.Join(fmt.Errorf("listen on %s: %w", s.address, err), s.unlisten())
	}
	s.enter(e, e.state())
	return nil
}

// enter journals a state, with the queue that it has.
func (s *Server) enter(e Endpoint, name string) {
	s.state = e
	entry := &Entry{Kind: KindEndpoint, Text: name}
	if s.listener != nil {
		if q, err := queueOf(s.listener); err == nil {
			entry.Queue = &q
		}
	}
	s.journal.add(entry)
}

// replace closes the listener and makes one for the state, if that has one.
func (s *Server) replace(e Endpoint) error {
	if err := s.unlisten(); err != nil {
		return err
	}
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
	if err := wantLimit(l, e.backlog()); err != nil && e.Backlog != nil {
		return err
	}
	if e.FillQueue {
		return s.fillQueue(l, *e.Backlog+1)
	}
	return s.startAccept(l, e)
}

// wantLimit finds out where the kernel made the accept queue shorter than asked.
func wantLimit(l net.Listener, want int) error {
	q, err := queueOf(l)
	if err == nil && q.Limit != want {
		err = fmt.Errorf("the kernel gives an accept queue of %d instead of %d: see net.core.somaxconn", q.Limit, want)
	}
	return err
}

// unlisten closes the listener. Connections in its queue are reset by the kernel.
func (s *Server) unlisten() error {
	s.mu.Lock()
	s.refusing = true
	s.mu.Unlock()
	s.stopAccept()
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
		down := s.state.up()
		down.Refuse = true
		s.enter(down, down.state())
		return nil
	})
}

// Resume listens and accepts, also where the plan says that nothing does. Mode, owner and queue are those of the plan.
func (s *Server) Resume() error {
	return s.change(func() error {
		up := s.Plan().Endpoint.up()
		if s.listener != nil && !s.state.differs(up) {
			return nil
		}
		return s.apply(up)
	})
}

// up is the state of a healthy application: it listens, at the right kind of path, with an empty queue.
func (e Endpoint) up() Endpoint {
	e.Refuse, e.Missing, e.Stale, e.NoAccept, e.FillQueue, e.PathIs = false, false, false, false, false, ""
	e.KillWithQueue, e.NoDescriptors = 0, false
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
	State       string `json:"state"` // listen, no_accept, fill_queue, kill_with_queue, no_descriptors, refuse, missing, stale, regular, datagram, closed
	Generation  uint64 `json:"generation"`
	Connections int    `json:"connections"`     // open ones
	Accepted    uint64 `json:"accepted"`        // since the start
	Queue       *Queue `json:"queue,omitempty"` // the accept queue now; nil where nothing listens
}

// Status tells the endpoint's state.
func (s *Server) Status() ServerStatus {
	s.control.Lock()
	state := s.state.state()
	if !s.started || s.closed {
		state = "closed"
	}
	var queue *Queue
	if s.listener != nil {
		if q, err := queueOf(s.listener); err == nil {
			queue = &q
		}
	}
	s.control.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	return ServerStatus{s.name, address{s.address.network, s.bound}.String(), state, s.Generation(), len(s.conns), s.accepted, queue}
}

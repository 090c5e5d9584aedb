package simulator

import (
	"context"
	"sync"
)

// Gate holds back the connections whose scripts wait for it. It is shut at first.
type Gate struct {
	mu      sync.Mutex
	open    bool               // guarded by mu
	waiting map[*conn]struct{} // guarded by mu
	changed chan struct{}      // guarded by mu; closed when waiting changes
}

// Gate returns the gate of that name, new if need be.
func (s *Server) Gate(name string) *Gate {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.gates[name]
	if g == nil {
		g = &Gate{waiting: map[*conn]struct{}{}, changed: make(chan struct{})}
		s.gates[name] = g
	}
	return g
}

// Gates tells how many connections each gate holds back.
func (s *Server) Gates() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := map[string]int{}
	for name, g := range s.gates {
		list[name] = g.Waiting()
	}
	return list
}

// Open lets all who wait pass, and all who come until Shut.
func (g *Gate) Open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = true
	for c := range g.waiting {
		c.wake()
	}
}

// Shut makes who comes from now on wait.
func (g *Gate) Shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = false
}

// Waiting is the number of connections held back.
func (g *Gate) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}

// AwaitWaiting returns once at least n connections are held back.
func (g *Gate) AwaitWaiting(ctx context.Context, n int) error {
	for {
		g.mu.Lock()
		enough, changed := len(g.waiting) >= n, g.changed
		g.mu.Unlock()
		if enough {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (g *Gate) isOpen() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open
}

func (g *Gate) enter(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting[c] = struct{}{}
	g.notify()
}

func (g *Gate) leave(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.waiting, c)
	g.notify()
}

func (g *Gate) notify() {
	close(g.changed)
	g.changed = make(chan struct{})
}

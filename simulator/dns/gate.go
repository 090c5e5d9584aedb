package dns

import "sync"

// gates are what answers wait for and rules ask. All are shut at first.
type gates struct {
	mu   sync.Mutex
	open map[string]chan struct{} // guarded by mu; closed when the gate is open
}

func (g *gates) gate(name string) chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open[name] == nil {
		g.open[name] = make(chan struct{})
	}
	return g.open[name]
}

func (g *gates) isOpen(name string) bool {
	select {
	case <-g.gate(name):
		return true
	default:
		return false
	}
}

// OpenGate lets those pass who wait for the gate, and rules hold that ask for it.
func (s *Server) OpenGate(name string) {
	gate := s.gates.gate(name)
	s.gates.mu.Lock()
	defer s.gates.mu.Unlock()
	select {
	case <-gate:
	default:
		close(gate)
	}
}

// ShutGate makes who comes from now on wait.
func (s *Server) ShutGate(name string) {
	if s.gates.isOpen(name) {
		s.gates.mu.Lock()
		defer s.gates.mu.Unlock()
		s.gates.open[name] = make(chan struct{})
	}
}

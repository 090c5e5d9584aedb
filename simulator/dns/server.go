package dns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	wire "github.com/miekg/dns"
)

// Config says what a Server is.
type Config struct {
	Listen  string // a loopback address and port, "127.0.0.1:0" when empty; port 0 takes one that is free on UDP and TCP
	Plan    *Plan  // nil answers NXDOMAIN
	Journal int    // entries kept; 8192 when 0
}

// Server is a scriptable DNS server. All its methods can be called at any time from any goroutine.
type Server struct {
	addr    netip.AddrPort // guarded by mu; with the port that was taken
	current atomic.Pointer[generation]
	journal *journal
	gates   gates
	queries atomic.Uint64
	done    chan struct{} // closed by Close
	busy    sync.WaitGroup

	mu        sync.Mutex // serializes Start, SetPlan and Close
	started   bool
	closed    bool
	listeners map[Transport]*wire.Server // guarded by mu
}

// New makes a server that does not listen yet.
func New(c Config) (*Server, error) {
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	addr, err := netip.ParseAddrPort(c.Listen)
	if err != nil || !addr.Addr().IsLoopback() {
		return nil, fmt.Errorf("listen on %q: want a loopback address and a port, such as 127.0.0.1:5353", c.Listen)
	}
	if c.Journal <= 0 {
		c.Journal = 8192
	}
	s := &Server{addr: addr, journal: newJournal(c.Journal), done: make(chan struct{}), listeners: map[Transport]*wire.Server{}}
	s.gates.open = map[string]chan struct{}{}
	gen := newGeneration(c.Plan)
	if err := gen.plan.check(); err != nil {
		return nil, err
	}
	s.install(gen)
	return s, nil
}

func (s *Server) install(gen *generation) {
	gen.number = 1
	if old := s.current.Load(); old != nil {
		gen.number = old.number + 1
	}
	s.current.Store(gen)
	s.journal.add(Entry{Kind: KindPlan, Generation: gen.number})
}

// Start listens on UDP and TCP, but for what the plan refuses.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started || s.closed {
		return errors.New("start the DNS server: it was started before")
	}
	s.started = true
	if s.addr.Port() == 0 {
		if err := s.takePort(); err != nil {
			return err
		}
	}
	return s.listen(s.current.Load().plan)
}

// Addr is the address and port, the same on UDP and TCP.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr.String()
}

// Generation is the number of the plan in force.
func (s *Server) Generation() uint64 { return s.current.Load().number }

// SetPlan replaces the plan at once and returns the new generation's number.
// Answers that wait already keep theirs. A plan that cannot be changes nothing.
func (s *Server) SetPlan(p *Plan) (uint64, error) {
	gen := newGeneration(p)
	if err := gen.plan.check(); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started && !s.closed {
		if err := s.listen(gen.plan); err != nil {
			return 0, err
		}
	}
	s.install(gen)
	return gen.number, nil
}

// Close ends everything and returns when no goroutine and no descriptor is left.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.done)
	err := errors.Join(s.unlisten(UDP), s.unlisten(TCP))
	s.busy.Wait()
	return err
}

// ServeDNS answers one query; it is for the library that reads them.
func (s *Server) ServeDNS(w wire.ResponseWriter, query *wire.Msg) {
	t := TCP
	if w.LocalAddr().Network() == "udp" {
		t = UDP
	}
	if len(query.Question) != 1 {
		_ = w.WriteMsg(new(wire.Msg).SetRcode(query, wire.RcodeFormatError))
		return
	}
	q := query.Question[0]
	gen := s.current.Load()
	answer, rule := gen.choose(q, t, s.gates.isOpen)
	e := Entry{Kind: KindQuery, Generation: gen.number, Query: s.queries.Add(1), Transport: t, Name: bareCase(q.Name), Type: wire.TypeToString[q.Qtype], Rule: rule}
	s.journal.add(e)
	if !s.pause(answer) {
		return
	}
	e.Kind = KindAnswer
	if err := answer.send(w, query, t, &e); err != nil {
		e.Kind, e.Text = KindFailed, err.Error()
	}
	s.journal.add(e)
}

func bareCase(name string) string {
	if len(name) > 1 && name[len(name)-1] == '.' {
		return name[:len(name)-1]
	}
	return name
}

// pause waits as the answer says; false when the server closes meanwhile.
func (s *Server) pause(a Answer) bool {
	if a.Delay > 0 {
		t := time.NewTimer(a.Delay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-s.done:
			return false
		}
	}
	if a.Wait == "" {
		return true
	}
	select {
	case <-s.gates.gate(a.Wait):
		return true
	case <-s.done:
		return false
	}
}

func (a Answer) send(w wire.ResponseWriter, query *wire.Msg, t Transport, e *Entry) error {
	switch {
	case a.Silent:
		e.Text = "silent"
		return nil
	case a.Close && t == TCP:
		e.Text = "closed"
		return w.Close()
	}
	m := a.message(query, t)
	e.Text = fmt.Sprintf("%s %d", wire.RcodeToString[m.Rcode], len(m.Answer))
	if m.Truncated {
		e.Text = "truncated"
	}
	return w.WriteMsg(m)
}

// listen opens and closes what the plan asks for.
func (s *Server) listen(p *Plan) error {
	for _, t := range []Transport{UDP, TCP} {
		var err error
		switch running := s.listeners[t] != nil; {
		case running && p.refuses(t):
			err = s.unlisten(t)
		case !running && !p.refuses(t):
			err = s.serve(t)
		}
		if err != nil {
			return fmt.Errorf("listen on %s %s: %w", t, s.addr, err)
		}
	}
	return nil
}

// takePort finds a port that is free on both transports.
func (s *Server) takePort() error {
	var err error
	for range 20 {
		var udp *net.UDPConn
		if udp, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(s.addr)); err != nil {
			break
		}
		addr := udp.LocalAddr().(*net.UDPAddr).AddrPort()
		var tcp net.Listener
		if tcp, err = net.Listen("tcp", addr.String()); err == nil {
			s.addr = addr
			s.run(UDP, &wire.Server{PacketConn: udp})
			s.run(TCP, &wire.Server{Listener: tcp})
			return nil
		}
		_ = udp.Close()
	}
	return fmt.Errorf("take a port of %s: %w", s.addr.Addr(), err)
}

func (s *Server) serve(t Transport) error {
	if t == UDP {
		udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(s.addr))
		if err == nil {
			s.run(t, &wire.Server{PacketConn: udp})
		}
		return err
	}
	tcp, err := net.Listen("tcp", s.addr.String())
	if err == nil {
		s.run(t, &wire.Server{Listener: tcp})
	}
	return err
}

// run returns when the library reads.
func (s *Server) run(t Transport, l *wire.Server) {
	ready := make(chan struct{})
	l.Handler = wire.HandlerFunc(s.ServeDNS)
	l.NotifyStartedFunc = func() { close(ready) }
	s.listeners[t] = l
	s.busy.Add(1)
	go func() {
		defer s.busy.Done()
		if err := l.ActivateAndServe(); err != nil {
			s.journal.add(Entry{Kind: KindFailed, Transport: t, Text: err.Error()})
		}
	}()
	<-ready
}

// unlisten ends a transport. Answers over it that wait for a delay or a gate end when their time comes, or with Close.
func (s *Server) unlisten(t Transport) error {
	l := s.listeners[t]
	if l == nil {
		return nil
	}
	delete(s.listeners, t)
	ctx, cancel := context.WithCancel(context.Background())
	if !s.closed {
		cancel() // do not wait for answers that may wait for ever
	}
	defer cancel()
	if err := l.ShutdownContext(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

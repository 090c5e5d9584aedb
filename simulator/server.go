package simulator

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/badgateway/badgateway/simulator/authority"
)

// Config says what a Server is; it is read once, by New.
type Config struct {
	Name     string        // for people
	Listen   string        // "tcp:127.0.0.1:9000" (port 0 takes a free one) or "unix:/run/app.sock"
	Protocol string        // "http" (also when empty), "http2" (with prior knowledge, or ALPN h2), "fastcgi", "uwsgi" or "raw" (no requests: scripts read and write bytes)
	Plan     *Plan         // nil serves a plain good answer
	Root     string        // unix sockets: the root directory that their paths start from, such as /proc/PID/root
	Seed     int64         // of all random draws
	Journal  int           // entries kept; 8192 when 0
	MaxHead  int           // bytes of a request's head that are accepted; when 0: 1 MiB, and 4 KiB in uwsgi, as its server does
	Files    fs.FS         // what send_file may read; nil is nothing
	Linger   time.Duration // how long a FIN waits for the peer's end when the request is not complete; 5s when 0

	Authority *authority.Authority // signs the certificates of TLS; one of its own when nil
}

// Scope says which connections a new plan holds for.
type Scope string

// The scopes of SetPlan.
const (
	NewConnections  Scope = "new"  // connections accepted from now on
	OpenConnections Scope = "open" // open ones too, from their next exchange on
)

// Server is a scriptable upstream. All its methods can be called at any time from any goroutine.
type Server struct {
	name     string
	address  address
	protocol *protocol
	traits   traits
	seed     int64
	root     string
	maxHead  int
	linger   time.Duration
	journal  journal
	sign     func() (*authority.Authority, error) // makes the authority when it is needed first
	meters   meters

	current    atomic.Pointer[generation] // for new connections
	everywhere atomic.Pointer[generation] // the newest for open connections; nil at first
	running    sync.WaitGroup             // the accept loop and the connections

	control  sync.Mutex // serializes Start, SetPlan, Refuse, Resume, Restart, Close; taken before mu
	mu       sync.Mutex
	started  bool               // guarded by control
	closed   bool               // guarded by control
	state    Endpoint           // guarded by control; what the endpoint is now
	file     socketFile         // guarded by control
	listener net.Listener       // guarded by control; nil while nothing listens
	acceptor *acceptor          // guarded by control; what takes connections out of the listener's queue; nil when nobody does
	fillers  []int              // guarded by control; descriptors of our own connections in the queue
	bound    string             // guarded by mu; TCP: with the port that was taken
	conns    map[*conn]struct{} // guarded by mu
	accepted uint64             // guarded by mu
	refusing bool               // guarded by mu; connections that are just being accepted are dropped
	gates    map[string]*Gate   // guarded by mu
}

// New makes a server that does not listen yet. It compiles the plan, so what the
// plan asks of this kind of socket and protocol and cannot have is an error here.
func New(c Config) (*Server, error) {
	addr, err := parseAddress(c.Listen)
	if err != nil {
		return nil, err
	}
	if c.Protocol == "" {
		c.Protocol = "http"
	}
	proto := protocols[c.Protocol]
	if proto == nil {
		return nil, fmt.Errorf("unknown protocol %q (known: %s)", c.Protocol, strings.Join(Protocols(), ", "))
	}
	s := &Server{
		name: c.Name, address: addr, protocol: proto, seed: c.Seed, root: c.Root,
		traits: traits{fastcgi: c.Protocol == "fastcgi", uwsgi: c.Protocol == "uwsgi", http2: c.Protocol == "http2",
			unix: addr.network == "unix", bare: c.Protocol == "raw"},
		maxHead: orInt(c.MaxHead, orInt(proto.maxHead, 1<<20)), linger: orDuration(c.Linger, 5*time.Second),
		journal: journal{limit: orInt(c.Journal, 8192)},
		conns:   map[*conn]struct{}{}, gates: map[string]*Gate{},
		bound: addr.addr, file: socketFile{path: addr.addr},
	}
	s.sign = sync.OnceValues(authority.New)
	if c.Authority != nil {
		s.sign = func() (*authority.Authority, error) { return c.Authority, nil }
	}
	s.traits.files, s.traits.sign = c.Files, s.sign
	gen, err := compile(c.Plan, s.traits, s.seed)
	if err != nil {
		return nil, err
	}
	s.install(gen)
	return s, nil
}

func orInt(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return n
}

func orDuration(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// install makes a generation that of new connections and numbers it.
func (s *Server) install(gen *generation) {
	gen.number, gen.since = 1, time.Now()
	if old := s.current.Load(); old != nil {
		gen.number = old.number + 1
	}
	for _, list := range [][]*compiledRule{gen.connections, gen.exchanges, {gen.fallback}} {
		for _, r := range list {
			r.met = s.meters.rule(r.name)
		}
	}
	s.current.Store(gen)
	s.journal.add(&Entry{Kind: KindPlan, Generation: gen.number})
}

// Start brings the endpoint into the state of the plan: usually it listens.
func (s *Server) Start() error {
	s.control.Lock()
	defer s.control.Unlock()
	if s.started || s.closed {
		return errors.New("start the simulator: it was started before")
	}
	s.started = true
	if err := s.apply(s.current.Load().plan.Endpoint); err != nil {
		return errors.Join(err, s.shut())
	}
	return nil
}

// Name is the name from Config.
func (s *Server) Name() string { return s.name }

// Addr is the address in the form of Config.Listen, with the port that was taken.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return address{s.address.network, s.bound}.String()
}

// Authority is what signs the certificates of TLS: its PEM is what a peer must trust, and it issues certificates for clients.
func (s *Server) Authority() (*authority.Authority, error) { return s.sign() }

// CA is the authority's certificate in PEM.
func (s *Server) CA() ([]byte, error) {
	a, err := s.sign()
	if err != nil {
		return nil, err
	}
	return a.PEM(), nil
}

// Generation is the number of the plan that new connections get.
func (s *Server) Generation() uint64 { return s.current.Load().number }

// Plan is the plan that new connections get.
func (s *Server) Plan() *Plan { return s.current.Load().plan }

// SetPlan replaces the plan at once, brings the endpoint into the plan's state and
// returns the new generation's number. A plan that does not compile changes nothing.
func (s *Server) SetPlan(p *Plan, scope Scope) (uint64, error) {
	gen, err := compile(p, s.traits, s.seed)
	if err != nil {
		return 0, err
	}
	s.control.Lock()
	defer s.control.Unlock()
	if s.started && !s.closed && gen.plan.Endpoint.differs(s.state) {
		if err := s.apply(gen.plan.Endpoint); err != nil {
			return 0, err
		}
	}
	s.install(gen)
	if scope == OpenConnections {
		s.everywhere.Store(gen)
		s.each((*conn).wake)
	}
	return gen.number, nil
}

func (s *Server) each(f func(*conn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		f(c)
	}
}

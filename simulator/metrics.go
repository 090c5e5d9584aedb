package simulator

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// Metrics are a server's counters since New.
type Metrics struct {
	Accepted   uint64
	Open       int
	Closed     map[Closing]uint64 // by who ended the connection and how
	Exchanges  map[string]uint64  // by the rule that they met
	Read       int64              // bytes
	Written    int64              // bytes
	Lateness   Histogram          // of scheduled delays: how long after their time they ended
	Queue      *Queue             // nil where nothing listens
	Generation uint64
	Entries    uint64         // of the journal, those that it has dropped included
	Waiting    map[string]int // connections that each gate holds back
}

// Closing is how a connection ended, with the journal's words.
type Closing struct{ By, End string }

// Histogram counts durations. Counts[i] are those of at most LatenessBounds[i]; the last one counts all others.
type Histogram struct {
	Counts [len(LatenessBounds) + 1]uint64
	Sum    time.Duration
}

// LatenessBounds are the upper bounds of Metrics.Lateness.
var LatenessBounds = [...]time.Duration{
	100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond, time.Millisecond, 2500 * time.Microsecond,
	5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond, 100 * time.Millisecond, time.Second,
}

// maxRuleNames bounds the counters that many plans with many names can make; what is above it counts as "other".
const maxRuleNames = 1000

// meters are what Metrics reads.
type meters struct {
	mu            sync.Mutex
	closed        map[Closing]uint64        // guarded by mu
	rules         map[string]*atomic.Uint64 // guarded by mu
	read, written atomic.Int64              // of connections that have ended
	late          [len(LatenessBounds) + 1]atomic.Uint64
	lateSum       atomic.Int64
}

// rule is the counter of a rule's name.
func (m *meters) rule(name string) *atomic.Uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rules == nil {
		m.rules = map[string]*atomic.Uint64{}
	}
	if m.rules[name] == nil && len(m.rules) >= maxRuleNames {
		name = "other"
	}
	if m.rules[name] == nil {
		m.rules[name] = new(atomic.Uint64)
	}
	return m.rules[name]
}

func (m *meters) close(by, end string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed == nil {
		m.closed = map[Closing]uint64{}
	}
	m.closed[Closing{by, end}]++
}

func (m *meters) lateness(d time.Duration) {
	i := 0
	for i < len(LatenessBounds) && d > LatenessBounds[i] {
		i++
	}
	m.late[i].Add(1)
	m.lateSum.Add(int64(d))
}

// Metrics returns the counters. Each is exact; they are read one after another.
func (s *Server) Metrics() Metrics {
	status := s.Status()
	m := Metrics{Accepted: status.Accepted, Open: status.Connections, Queue: status.Queue, Generation: status.Generation,
		Exchanges: map[string]uint64{}, Waiting: s.Gates()}
	s.meters.mu.Lock()
	m.Closed = maps.Clone(s.meters.closed)
	for name, n := range s.meters.rules {
		m.Exchanges[name] = n.Load()
	}
	s.meters.mu.Unlock()
	for i := range s.meters.late {
		m.Lateness.Counts[i] = s.meters.late[i].Load()
	}
	m.Lateness.Sum = time.Duration(s.meters.lateSum.Load())
	s.mu.Lock() // a connection that ends is moved from one sum to the other under it
	m.Read, m.Written = s.meters.read.Load(), s.meters.written.Load()
	for c := range s.conns {
		m.Read += c.seen.read.Load()
		m.Written += c.seen.written.Load()
	}
	s.mu.Unlock()
	s.journal.mu.Lock()
	m.Entries = s.journal.last
	s.journal.mu.Unlock()
	return m
}

package simulator

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Kinds of journal entries.
const (
	KindEndpoint   = "endpoint"   // the endpoint's state changed: Text says to what
	KindPlan       = "plan"       // a plan came into force
	KindAccept     = "accept"     // a connection was accepted; Queue is what is left in the queue
	KindNoAccept   = "no_accept"  // accept(2) failed as Errno says; Queue is what waits
	KindWaiting    = "waiting"    // an accepted connection waits for a worker
	KindRequest    = "request"    // a request's head is there; Rule is what it met
	KindStep       = "step"       // a step begins
	KindWrite      = "write"      // Bytes were written, perhaps fewer than wanted: then Errno says why
	KindRead       = "read"       // bytes were read where no request is parsed: Text is how they begin, in quotes
	KindBody       = "body"       // a request's body was read; Bytes is its length
	KindRecord     = "record"     // read_record has read a FastCGI record; Text is its type
	KindClose      = "close"      // the connection ended: By, End and Errno say how, Traffic what it carried
	KindUnscripted = "unscripted" // an exchange that a strict plan does not know
	KindFailed     = "failed"     // a step did not have its effect: Text says why
	KindHandshake  = "handshake"  // TLS: what came of a handshake
	KindAlert      = "alert"      // TLS: the peer sent an alert after the handshake
	KindProxy      = "proxy"      // a PROXY header was read, or is missing: then Text says what came instead
	KindMalformed  = "malformed"  // the peer broke the protocol: Text names the rule
	KindReset      = "reset"      // HTTP/2: the peer reset the stream; Text is its code
)

// Values of Entry.By and Entry.End.
const (
	ByLocal = "local" // a step, or the end of a script
	ByPeer  = "peer"
	ByStop  = "stop" // Close, Refuse or Restart of the server
	// ByControl is CloseConnection and ResetConnection.
	ByControl = "control"

	EndFIN    = "fin"
	EndRST    = "rst"    // on a unix socket: the peer reads ECONNRESET
	EndVanish = "vanish" // neither
)

// Entry is one line of the journal. With the same seed, plan and requests a connection's entries are the same in each run, but for
// Seq, Time, Queue and Traffic, which depend on timing.
type Entry struct {
	Seq        uint64       `json:"seq"` // from 1, without gaps
	Time       time.Time    `json:"time"`
	Kind       string       `json:"kind"`
	Conn       uint64       `json:"conn,omitempty"` // from 1 in the order of accept; numbers are not used again
	Exchange   int          `json:"exchange,omitempty"`
	Stream     uint32       `json:"stream,omitempty"`     // HTTP/2
	Generation uint64       `json:"generation,omitempty"` // of the plan in force
	Rule       string       `json:"rule,omitempty"`       // "exchanges[0]", "default", "serve", or the rule's name
	Step       string       `json:"step,omitempty"`
	Method     string       `json:"method,omitempty"`
	Path       string       `json:"path,omitempty"` // the request's target as it came, with its query
	Bytes      int64        `json:"bytes,omitempty"`
	By         string       `json:"by,omitempty"`    // who ended the connection
	End        string       `json:"end,omitempty"`   // how the connection ended, as the kernel sent it
	Errno      string       `json:"errno,omitempty"` // "ECONNRESET"
	Text       string       `json:"text,omitempty"`
	Queue      *Queue       `json:"queue,omitempty"`   // the accept queue: of an endpoint's state, and at accept what is left in it
	Traffic    *Traffic     `json:"traffic,omitempty"` // of a connection that ended
	TLS        *TLSEntry    `json:"tls,omitempty"`     // of a handshake or alert
	Proxy      *ProxyHeader `json:"proxy,omitempty"`   // of a PROXY header
}

// journal is a bounded ring of entries.
type journal struct {
	mu      sync.Mutex
	ring    []Entry // guarded by mu; entry seq lies at (seq-1) % cap
	last    uint64  // guarded by mu
	limit   int
	waiters []*waiter // guarded by mu
}

// waiter is told of each entry as it is added, so that a short ring that is
// written fast cannot hide one from it.
type waiter struct {
	fresh []Entry       // guarded by journal.mu
	wake  chan struct{} // holds one
}

// tell is not inlined, so that add fits the smallest stack of a hung connection.
//
//go:noinline
func (j *journal) tell(e *Entry) {
	for _, w := range j.waiters {
		w.fresh = append(w.fresh, Entry{})
		w.fresh[len(w.fresh)-1] = *e // copied in place, not over the stack
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// add takes a pointer because an Entry is big for the stack of a connection.
func (j *journal) add(e *Entry) {
	e.Time = time.Now()
	j.mu.Lock()
	j.last++
	e.Seq = j.last
	if len(j.ring) < j.limit {
		j.grow()
	}
	j.ring[(e.Seq-1)%uint64(j.limit)] = *e
	if j.waiters != nil {
		j.tell(e)
	}
	j.mu.Unlock()
}

//go:noinline
func (j *journal) grow() { j.ring = append(j.ring, Entry{}) }

// read returns the entries after since, and how many of these were overwritten.
func (j *journal) read(since uint64) (entries []Entry, overflow uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.readLocked(since)
}

func (j *journal) readLocked(since uint64) (entries []Entry, overflow uint64) {
	oldest := j.last - uint64(len(j.ring)) // the seq before the oldest one kept
	if since < oldest {
		overflow, since = oldest-since, oldest
	}
	for ; since < j.last; since++ {
		entries = append(entries, j.ring[since%uint64(j.limit)])
	}
	return entries, overflow
}

func (j *journal) await(ctx context.Context, since uint64, match func(Entry) bool) (Entry, error) {
	w := &waiter{wake: make(chan struct{}, 1)}
	j.mu.Lock()
	entries, _ := j.readLocked(since)
	j.waiters = append(j.waiters, w)
	j.mu.Unlock()
	defer j.leave(w)
	for {
		for _, e := range entries {
			if match(e) {
				return e, nil
			}
		}
		select {
		case <-w.wake:
		case <-ctx.Done():
			return Entry{}, ctx.Err()
		}
		j.mu.Lock()
		entries, w.fresh = w.fresh, nil
		j.mu.Unlock()
	}
}

func (j *journal) leave(w *waiter) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.waiters = slices.DeleteFunc(j.waiters, func(other *waiter) bool { return other == w }); len(j.waiters) == 0 {
		j.waiters = nil
	}
}

// Journal returns the entries after the one numbered since (0 for all) and how
// many of them the bounded journal no longer has.
func (s *Server) Journal(since uint64) (entries []Entry, overflow uint64) {
	return s.journal.read(since)
}

// Await returns the first entry after since that matches, waiting for it if need be.
func (s *Server) Await(ctx context.Context, since uint64, match func(Entry) bool) (Entry, error) {
	return s.journal.await(ctx, since, match)
}

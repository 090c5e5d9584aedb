package dns

import (
	"context"
	"sync"
	"time"
)

// Kinds of journal entries.
const (
	KindPlan   = "plan"   // a plan came into force
	KindQuery  = "query"  // a query came; Rule is what it met
	KindAnswer = "answer" // it was answered, or not: Text says how
	KindFailed = "failed" // an answer could not be sent, or a transport not be served
)

// Entry is one line of the journal.
type Entry struct {
	Seq        uint64    `json:"seq"` // from 1, without gaps
	Time       time.Time `json:"time"`
	Kind       string    `json:"kind"`
	Generation uint64    `json:"generation,omitempty"` // of the plan in force
	Query      uint64    `json:"query,omitempty"`      // from 1 in the order of arrival
	Transport  Transport `json:"transport,omitempty"`
	Name       string    `json:"name,omitempty"` // as it was asked for, without the last dot
	Type       string    `json:"type,omitempty"`
	Rule       string    `json:"rule,omitempty"`
	Text       string    `json:"text,omitempty"` // "NOERROR 2", "NXDOMAIN 0", "truncated", "silent", "closed"
}

// journal keeps the last limit entries.
type journal struct {
	mu      sync.Mutex
	entries []Entry       // guarded by mu
	last    uint64        // guarded by mu
	limit   int           // entries kept
	changed chan struct{} // guarded by mu; closed at the next entry
}

func newJournal(limit int) *journal { return &journal{limit: limit, changed: make(chan struct{})} }

func (j *journal) add(e Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	e.Seq, e.Time = j.last, time.Now()
	if len(j.entries) == j.limit {
		j.entries = append(j.entries[:0], j.entries[1:]...)
	}
	j.entries = append(j.entries, e)
	close(j.changed)
	j.changed = make(chan struct{})
}

// after returns the entries after since, how many of them are gone, and what closes at the next one.
func (j *journal) after(since uint64) (list []Entry, overflow uint64, changed <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	oldest := j.last - uint64(len(j.entries)) // the seq before the oldest one kept
	if since < oldest {
		overflow, since = oldest-since, oldest
	}
	if since < j.last {
		list = append(list, j.entries[since-oldest:]...)
	}
	return list, overflow, j.changed
}

// Journal returns the entries after the one numbered since (0 for all) and how many of them the bounded journal no longer has.
func (s *Server) Journal(since uint64) (entries []Entry, overflow uint64) {
	entries, overflow, _ = s.journal.after(since)
	return entries, overflow
}

// Await returns the first entry after since that matches, waiting for it if need be.
func (s *Server) Await(ctx context.Context, since uint64, match func(Entry) bool) (Entry, error) {
	for {
		entries, _, changed := s.journal.after(since)
		for _, e := range entries {
			if match(e) {
				return e, nil
			}
			since = e.Seq
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Entry{}, ctx.Err()
		}
	}
}

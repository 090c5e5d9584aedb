package containers

import (
	"context"
	"sync"
)

// turns lets builds begin in the order in which they were asked for, so many at a time as there are slots.
type turns struct {
	slots chan struct{}

	mu   sync.Mutex
	last chan struct{} // guarded by mu: the last turn's begun; nil before the first
}

func newTurns(slots int) *turns { return &turns{slots: make(chan struct{}, slots)} }

// turn is the place of one build among the others.
type turn struct {
	before <-chan struct{} // nil for the first
	begun  chan struct{}
	pass   func() // gives the place up, or says that it was taken; it may be called again
	slots  chan struct{}
}

// take returns the next place.
func (t *turns) take() *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := &turn{before: t.last, begun: make(chan struct{}), slots: t.slots}
	n.pass = sync.OnceFunc(func() { close(n.begun) })
	t.last = n.begun
	return n
}

// begin waits for the turn. The caller calls end when the work is done.
func (n *turn) begin(ctx context.Context) (end func(), err error) {
	if n.before != nil {
		select {
		case <-n.before:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	select {
	case n.slots <- struct{}{}:
		n.pass()
		return func() { <-n.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// first reports whether no other build was asked for before.
func (n *turn) first() bool { return n.before == nil }

package sidecar

import (
	"context"
	"sync/atomic"
	"time"
)

// lease is how long the pod lives without a sign of life from its owner.
type lease struct {
	length time.Duration
	last   atomic.Int64 // Unix nanoseconds of the last renewal
	over   atomic.Bool
}

func newLease(length time.Duration) *lease {
	l := &lease{length: length}
	l.renew()
	return l
}

func (l *lease) renew() { l.last.Store(time.Now().UnixNano()) }

func (l *lease) expired() bool { return l.over.Load() }

// wait returns when the lease has run out or ctx ends.
func (l *lease) wait(ctx context.Context) {
	if l.length == 0 {
		<-ctx.Done()
		return
	}
	for {
		left := time.Until(time.Unix(0, l.last.Load()).Add(l.length))
		if left <= 0 {
			l.over.Store(true)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(left):
		}
	}
}

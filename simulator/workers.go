package simulator

import (
	"slices"
	"sync"
)

// Values of Endpoint.Waiting.
const (
	waitQueue    = "queue"    // as php-fpm and gunicorn's sync workers: nobody accepts while all are busy
	waitAccepted = "accepted" // as an event loop before a pool: accepted, and not served
)

// line is the connections that were accepted and wait for a worker, in the order of accept.
type line struct {
	mu      sync.Mutex
	free    int     // guarded by mu; workers
	waiting []*conn // guarded by mu
}

// enter takes a worker, or a place in the line. It is called in the order of accept.
func (l *line) enter(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.free > 0 {
		l.free--
		return
	}
	l.waiting = append(l.waiting, c)
}

func (l *line) waits(c *conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Contains(l.waiting, c)
}

// leave gives the worker to the first in the line; a connection that still waits only gives up its place.
func (l *line) leave(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.waiting, c); i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
		return
	}
	if len(l.waiting) == 0 {
		l.free++
		return
	}
	first := l.waiting[0]
	l.waiting = slices.Delete(l.waiting, 0, 1)
	first.wake()
}

func (c *conn) serveInLine(l *line) {
	c.serve(c.awaitWorker(l))
	l.leave(c)
}

// awaitWorker holds the connection until a worker is free for it.
func (c *conn) awaitWorker(l *line) error {
	if !l.waits(c) {
		return nil
	}
	c.logKind(KindWaiting, "")
	return c.hold(func() bool { return !l.waits(c) })
}

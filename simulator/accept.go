package simulator

import (
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// acceptor takes connections out of a listener's queue, in the way of the endpoint's state. It never takes Server.control but by TryLock:
// whoever stops it holds that.
type acceptor struct {
	srv     *Server
	l       net.Listener
	queued  *os.File      // the listener again: an os.File can be waited on, a net.Listener cannot
	watch   queueWatch    // of the queue
	delay   time.Duration // before each accept
	workers chan struct{} // has a place for each worker; nil where there is no such limit
	line    *line         // of connections that are accepted and wait for a worker; nil where none do
	quit    chan struct{} // closed by stop
	done    chan struct{} // closed when the goroutine has ended
}

// startAccept runs what the state wants to be done with the queue; nothing for one that only fills up.
func (s *Server) startAccept(l net.Listener, e Endpoint) error {
	if e.NoAccept || e.FillQueue {
		return nil
	}
	duplicate, err := l.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		return err
	}
	a := &acceptor{srv: s, l: l, queued: duplicate, watch: queueWatch{l: l, fd: -1}, delay: e.AcceptDelay,
		quit: make(chan struct{}), done: make(chan struct{})}
	if e.Workers > 0 && e.Waiting == waitAccepted {
		a.line = &line{free: e.Workers}
	} else if e.Workers > 0 {
		a.workers = make(chan struct{}, e.Workers)
	}
	run := a.loop
	switch {
	case e.KillWithQueue > 0:
		run = func() { a.kill(e.KillWithQueue) }
	case e.NoDescriptors:
		run = a.starve
	}
	s.acceptor = a
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		defer close(a.done)
		defer func() { _ = duplicate.Close() }()
		defer a.watch.close()
		run()
	}()
	return nil
}

// stopAccept ends the acceptor and leaves the listener as it is, with what lies in its queue.
func (s *Server) stopAccept() {
	a := s.acceptor
	if a == nil {
		return
	}
	s.acceptor = nil
	close(a.quit)
	_ = a.l.(interface{ SetDeadline(time.Time) error }).SetDeadline(past)
	_ = a.queued.SetReadDeadline(past)
	<-a.done
	_ = a.l.(interface{ SetDeadline(time.Time) error }).SetDeadline(time.Time{})
}

func (a *acceptor) stopped() bool {
	select {
	case <-a.quit:
		return true
	default:
		return false
	}
}

// pause waits, unless it is stopped before.
func (a *acceptor) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-a.quit:
		return false
	}
}

// awaitQueued waits for a connection in the queue and leaves it there.
func (a *acceptor) awaitQueued() bool {
	raw, err := a.queued.SyscallConn()
	if err == nil {
		err = raw.Read(func(fd uintptr) bool { return polled(fd, unix.POLLIN) })
	}
	return err == nil && !a.stopped()
}

// turn waits until the next connection may be accepted.
func (a *acceptor) turn() bool {
	if a.workers != nil {
		select {
		case a.workers <- struct{}{}:
		case <-a.quit:
			return false
		}
	}
	return a.delay == 0 || a.awaitQueued() && a.pause(a.delay)
}

// release gives a worker back that served a connection of the queue.
func (a *acceptor) release() {
	if a.workers != nil {
		<-a.workers
	}
}

// loop accepts connections until it is stopped.
func (a *acceptor) loop() {
	for a.turn() {
		nc, err := a.l.Accept()
		switch {
		case err == nil:
			a.srv.open(nc, a, a.left())
		case a.stopped() || errors.Is(err, net.ErrClosed):
			return
		default:
			a.release()
			a.srv.journal.add(&Entry{Kind: KindFailed, Text: "accept: " + err.Error()})
			a.pause(5 * time.Millisecond) // out of descriptors: accept(2) would fail again at once
		}
	}
}

// starve does what accept(2) does without a free descriptor, which it needs before it looks at the queue (__sys_accept4_file of the kernel):
// it leaves the connection there, and the application tries again, ever more rarely, as net/http does. The limit
// RLIMIT_NOFILE itself is not touched: it holds for the whole process, and so for other servers and the control interface, too.
func (a *acceptor) starve() {
	for pause := 5 * time.Millisecond; a.awaitQueued(); pause = min(2*pause, time.Second) {
		q, _ := queueOf(a.l)
		a.srv.journal.add(&Entry{Kind: KindNoAccept, Errno: "EMFILE", Queue: &q})
		if !a.pause(pause) {
			return
		}
	}
}

// kill closes the listener once n connections with some of their request lie in its queue. The kernel then resets all that lie there.
//
// nginx: "recv() failed (104: Connection reset by peer) while reading response header from upstream".
func (a *acceptor) kill(n int) {
	if !a.awaitQueued() {
		return
	}
	for pause := 500 * time.Microsecond; ; pause = min(2*pause, 10*time.Millisecond) {
		have, err := requestsQueued(a.l)
		if err != nil {
			a.srv.journal.add(&Entry{Kind: KindFailed, Text: "kill_with_queue: " + err.Error()})
			return
		}
		if have >= n {
			break
		}
		if !a.pause(pause) {
			return
		}
	}
	for !a.srv.control.TryLock() {
		if !a.pause(time.Millisecond) {
			return
		}
	}
	defer a.srv.control.Unlock()
	if !a.stopped() {
		a.srv.killed(a)
	}
}

// killed closes the listener from the acceptor's own goroutine. The file of a unix socket stays, as after a crash.
func (s *Server) killed(a *acceptor) {
	q, _ := queueOf(a.l)
	s.acceptor, s.listener = nil, nil
	if err := errors.Join(a.queued.Close(), a.l.Close()); err != nil {
		s.journal.add(&Entry{Kind: KindFailed, Text: "kill_with_queue: " + err.Error()})
	}
	s.state = s.state.up()
	s.state.Refuse = true
	s.journal.add(&Entry{Kind: KindEndpoint, Text: "killed", Queue: &q})
}

// left is what the queue still holds; nil where the kernel does not tell.
func (a *acceptor) left() *Queue {
	q, err := a.watch.ask()
	if err != nil {
		return nil
	}
	return &q
}

func (s *Server) open(nc net.Conn, a *acceptor, left *Queue) {
	raw, err := nc.(syscall.Conn).SyscallConn()
	if err != nil {
		_ = nc.Close()
		a.release()
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refusing {
		_ = nc.Close()
		a.release()
		return
	}
	s.accepted++
	c := &conn{srv: s, net: nc, raw: raw, number: s.accepted, gen: s.current.Load()}
	c.tryRead = c.doRead
	c.seen.accepted = time.Now().UnixNano()
	if s.traits.http2 {
		c.mux = newHTTP2Conn(c)
	}
	s.conns[c] = struct{}{}
	s.running.Add(1)
	if a.line != nil {
		a.line.enter(c)
	}
	c.log(&Entry{Kind: KindAccept, Queue: left})
	go c.live(a)
}

// live is the connection's goroutine. It has no defers, because what lies under a
// hung connection's park must fit the smallest stack.
func (c *conn) live(a *acceptor) {
	if a.line == nil {
		c.serve(nil)
	} else {
		c.serveInLine(a.line)
	}
	c.left(a)
}

func (c *conn) left(a *acceptor) {
	a.release()
	c.srv.mu.Lock()
	c.srv.meters.read.Add(c.seen.read.Load())
	c.srv.meters.written.Add(c.seen.written.Load())
	delete(c.srv.conns, c)
	c.srv.mu.Unlock()
	c.srv.running.Done()
}

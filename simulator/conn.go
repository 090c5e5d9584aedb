package simulator

import (
	"errors"
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

// conn is one accepted connection. Its goroutine alone uses it, but for stop and wake.
type conn struct {
	srv    *Server
	net    net.Conn // *net.TCPConn or *net.UnixConn
	raw    syscall.RawConn
	number uint64
	stop   atomic.Bool // set by stopNow; then everything that blocks returns errStopped

	seen     progress
	gen      *generation
	rule     string
	exchange int  // from 1; 0 before the first head
	between  bool // no head is being read or served: the plan may be changed
	lastEnd  time.Time
	idle     time.Duration
	clock    time.Time       // when the last delay of this script ended by schedule
	turns    map[*chance]int // of the script's random decisions; nil while it has made none

	in       input
	try      attempt
	tryRead  func(uintptr) bool // doRead, made once
	deadline time.Time          // what SetReadDeadline was told last
	req      request
	body     httpBody
	stream   stream
	begun    int64 // bytes that were written before the response
	noRead   bool  // a step decided that no more is read
	unread   bool  // a step asked that input stays unread at close
	ended    bool  // the close entry is written
	inWait   bool  // inside the poller's wait: nothing may be read or closed
	// tellsLeft says that the kernel was asked to tell with each read what is left.
	tellsLeft bool
	chosen    *program // of the request whose head was read inside the wait; nil where that is still to be chosen

	mux     *http2Conn   // HTTP/2: of the connection, and of each of its streams
	sub     *http2Stream // HTTP/2: this is a stream, not the connection itself
	proxied bool         // the PROXY header was awaited
	secure  *security    // nil where no TLS is spoken
	accept  string       // the answer to the key of a request for WebSocket, where the script wants it
}

var (
	errDone    = errors.New("connection ended")
	errStopped = errors.New("server stops")
	errElapsed = errors.New("time elapsed")
	errNewPlan = errors.New("plan changed")
)

// past is a deadline that makes blocked reads return at once.
var past = time.Unix(1, 0)

// wake makes a blocked read or park look again at what it waits for. It may be called from anywhere.
func (c *conn) wake() {
	if c.sub != nil {
		c.sub.poke()
		return
	}
	_ = c.net.SetReadDeadline(past)
}

// stopNow makes the connection's goroutine end. It may be called from anywhere.
func (c *conn) stopNow() {
	c.stop.Store(true)
	_ = c.net.SetDeadline(past)
}

// serve runs the connection to its end.
func (c *conn) serve(err error) {
	if err == nil {
		err = c.connectionScript()
	}
	if c.mux != nil && err == nil {
		if err = c.begin(); err == nil {
			err = c.mux.serve()
		}
	}
	for err == nil {
		err = c.oneExchange()
	}
	if !c.ended {
		c.stopped()
	}
	c.in.release()
}

func (c *conn) connectionScript() error {
	if c.gen.hello {
		if _, err := c.awaitHello(); err != nil {
			return err
		}
	}
	p := c.chooseAtAccept()
	if p == nil {
		return nil
	}
	if err := c.run(p); err != nil || (c.exchange == 0 && !p.closes) {
		return err
	}
	return c.afterExchange(p)
}

//go:noinline
func (c *conn) chooseAtAccept() *program {
	f := facts{srv: c.srv, conn: c.number, since: c.gen.since, hello: c.hello()}
	rule := firstMatch(c.gen.connections, &f)
	if rule == nil {
		return nil
	}
	c.rule = rule.name
	c.met(rule)
	return rule.program(variant{})
}

func (c *conn) oneExchange() error {
	if err := c.awaitHead(); err != nil {
		return err
	}
	p := c.chosen
	if c.chosen = nil; p == nil {
		p = c.choose()
	}
	if err := c.run(p); err != nil {
		return err
	}
	return c.afterExchange(p)
}

// afterExchange ends the connection or makes it ready for the next request.
func (c *conn) afterExchange(p *program) error {
	if p.closes || c.noRead || !c.req.keep {
		return c.fin()
	}
	if err := c.readBody(); err != nil {
		return err
	}
	c.served(time.Now())
	return nil
}

// served notes that an exchange is over and the connection kept.
func (c *conn) served(at time.Time) {
	c.lastEnd = at
	c.seen.doing.Store(nil)
}

// met notes the rule of a connection or an exchange.
func (c *conn) met(r *compiledRule) {
	seen := c.shown()
	seen.rule.Store(r)
	seen.exchange.Store(int64(c.exchange))
	if c.exchange > 0 {
		r.met.Add(1)
	}
}

// choose finds the exchange's program: of the first rule that matches, or the
// default. Like others it is not inlined, because what lies under a hung
// connection's park must fit the smallest stack.
//
//go:noinline
func (c *conn) choose() *program {
	var rule *compiledRule
	if len(c.gen.exchanges) > 0 { // facts are memory of their own
		f := facts{srv: c.srv, conn: c.number, exchange: c.exchange,
			idle: c.idle, since: c.gen.since, req: &c.req, hello: c.hello()}
		rule = firstMatch(c.gen.exchanges, &f)
	}
	kind := KindRequest
	if rule == nil {
		rule = c.gen.fallback
		if c.gen.plan.Strict {
			kind = KindUnscripted
		}
	}
	c.rule = rule.name
	c.begun = c.seen.written.Load()
	c.met(rule)
	c.logRequest(kind)
	p := rule.program(variant{connection: c.req.say, headOnly: string(c.req.method) == "HEAD"})
	if p.upgrades {
		c.accept = websocketAccept(c.req.headerValues("Sec-WebSocket-Key"))
	}
	return p
}

//go:noinline
func (c *conn) logRequest(kind string) {
	c.log(&Entry{Kind: kind, Method: c.req.methodName(), Path: string(c.req.target)})
}

// run executes a program. It returns errDone when the connection has ended.
func (c *conn) run(p *program) error {
	c.clock = time.Time{}
	clear(c.turns)
	return c.runActions(p)
}

func (c *conn) runActions(p *program) error {
	for i := range p.actions {
		a := &p.actions[i]
		c.seen.doing.Store(a)
		if a.run == nil {
			if err := c.write(a.out...); err != nil {
				return err
			}
			continue
		}
		if a.step != "" {
			c.logKind(KindStep, a.step)
		}
		if err := a.run(c); err != nil {
			return err
		}
	}
	return nil
}

//go:noinline
func (c *conn) logKind(kind, step string) { c.log(&Entry{Kind: kind, Step: step}) }

func (c *conn) log(e *Entry) {
	e.Conn, e.Exchange, e.Generation, e.Rule = c.number, c.exchange, c.gen.number, c.rule
	if c.sub != nil {
		e.Stream = c.sub.id
	}
	c.srv.journal.add(e)
}

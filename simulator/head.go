package simulator

import (
	"errors"
	"maps"
	"math"
	"slices"
	"time"
)

// awaitHead waits for the next request's head and parses it. It ends idle
// connections as the plan has it, and takes a new plan up before a head begins.
func (c *conn) awaitHead() error {
	if err := c.begin(); err != nil {
		return err
	}
	c.awaits()
	defer func() { c.between = false }()
	for {
		if c.newPlan() {
			c.gen = c.srv.everywhere.Load()
		}
		err := c.srv.protocol.head(c, c.idleEnd())
		switch {
		case errors.Is(err, errNewPlan):
		case err == errHead:
			return nil
		case errors.Is(err, errElapsed):
			c.rule = "idle"
			return c.run(c.gen.idle)
		case errors.Is(err, errMalformed):
			return c.refuseMalformed(err)
		default:
			return err
		}
	}
}

// awaits notes that a head is awaited.
func (c *conn) awaits() {
	c.between = true
	c.unread, c.noRead = false, false
}

// idleEnd is when a kept-alive connection has lain idle for too long.
func (c *conn) idleEnd() time.Time {
	if c.gen.idle == nil || c.exchange == 0 || c.in.r < c.in.w {
		return time.Time{}
	}
	return c.lastEnd.Add(c.gen.idleAfter)
}

// began is called with the first bytes of a head.
func (c *conn) began() {
	if !c.between {
		return
	}
	c.between = false
	if c.gen.idles && !c.lastEnd.IsZero() {
		c.idle = time.Since(c.lastEnd)
	}
}

// protocol is how requests are read.
type protocol struct {
	head     func(c *conn, idleEnd time.Time) error
	feed     func(c *conn, p []byte) (used int, err error) // takes body bytes
	bodyDone func(c *conn) bool
	bodySize func(c *conn) int64
	// whole reports, once the head is there, whether the rest of the request is in the input and
	// nothing else; nil where requests are not answered inside the poller's wait.
	whole   func(c *conn) bool
	refusal string // what is answered to something that is no request
	maxHead int    // of Config, when that says nothing; 0 is 1 MiB
	abrupt  bool   // what is no request is not read: closing resets the connection
}

var protocols = map[string]*protocol{
	"http": {
		head:     httpHead,
		feed:     func(c *conn, p []byte) (int, error) { return c.body.feed(p) },
		bodyDone: func(c *conn) bool { return c.body.done() },
		bodySize: func(c *conn) int64 { return c.body.size },
		whole:    func(c *conn) bool { return c.body.done() && c.in.r == c.in.w },
		refusal:  "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
	},
	"fastcgi": {
		head:     fastcgiHead,
		feed:     func(c *conn, p []byte) (int, error) { return c.stream.feedBody(p, c.srv.maxHead) },
		bodyDone: func(c *conn) bool { return c.stream.bodyDone() },
		bodySize: func(c *conn) int64 { return c.stream.size },
		whole:    func(c *conn) bool { return c.stream.endedBy(c.in.buf[c.in.r:c.in.w]) },
	},
	"http2": http2Protocol,
	"raw":   rawProtocol,
	"uwsgi": uwsgiProtocol,
}

// Protocols lists the names of Config.Protocol, sorted.
func Protocols() []string { return slices.Sorted(maps.Keys(protocols)) }

func httpHead(c *conn, idleEnd time.Time) error {
	seen := 0
	for {
		in := &c.in
		if n := headLength(in.buf[in.r:in.w], seen); n > 0 {
			c.began()
			head := in.buf[in.r : in.r+n]
			in.r += n
			c.exchange++
			return c.req.parseHead(head, &c.body)
		}
		if seen = in.w - in.r; seen > 0 {
			c.began()
			idleEnd = time.Time{}
			if noText(in.buf[in.r]) {
				return malformed("RFC 9112, 3", "byte %#02x at the start of a head", in.buf[in.r])
			}
		}
		if seen > c.srv.maxHead {
			return malformed("RFC 9110, 5.4", "head is longer than %d bytes", c.srv.maxHead)
		}
		if err := c.fill(idleEnd); err != nil {
			return err
		}
	}
}

// noText tells a byte that begins no request line: what another protocol sends
// to this port is refused at once, as nginx and Node.js do, and not after a line end that never comes.
func noText(b byte) bool { return b < ' ' && b != '\r' && b != '\n' || b >= 0x7f }

func fastcgiHead(c *conn, idleEnd time.Time) error {
	if c.stream.headEnd {
		c.stream.reset()
	}
	for !c.stream.headEnd {
		if c.in.r == c.in.w {
			if err := c.fill(idleEnd); err != nil {
				return err
			}
		}
		c.began()
		idleEnd = time.Time{}
		used, err := c.stream.feedHead(c.in.buf[c.in.r:c.in.w], c.srv.maxHead)
		c.in.r += used
		if err == nil {
			err = c.sendReply()
		}
		if err != nil {
			return err
		}
	}
	c.exchange++
	return c.stream.fill(&c.req)
}

// sendReply answers management records, which belong to no script, and journals what was wrong
// with records that are ignored.
func (c *conn) sendReply() error {
	for _, fault := range c.stream.faults {
		c.log(&Entry{Kind: KindMalformed, Text: fault.Error()})
	}
	c.stream.faults = nil
	if len(c.stream.reply) == 0 {
		return nil
	}
	if c.inWait {
		return errMore
	}
	reply := bytesSegment(c.stream.reply)
	c.stream.reply = c.stream.reply[:0]
	return c.write(reply)
}

// readBody reads the rest of the request and discards it.
func (c *conn) readBody() error {
	if c.sub != nil {
		return c.sub.readBody(c)
	}
	proto := c.srv.protocol
	if proto.bodyDone(c) {
		return nil
	}
	if err := c.sendContinue(); err != nil {
		return err
	}
	for !proto.bodyDone(c) {
		if err := c.readSome(math.MaxInt); err != nil {
			return err
		}
	}
	c.log(&Entry{Kind: KindBody, Bytes: proto.bodySize(c)})
	return nil
}

// readSome takes what is there of the body, at most limit bytes, or waits for some.
func (c *conn) readSome(limit int) error {
	if c.in.r == c.in.w {
		if err := c.fill(time.Time{}); err != nil {
			return err
		}
	}
	used, err := c.srv.protocol.feed(c, c.in.buf[c.in.r:][:min(limit, c.in.w-c.in.r)])
	c.in.r += used
	if errors.Is(err, errMalformed) {
		return c.refuseBody(err)
	}
	if err == nil {
		err = c.sendReply()
	}
	return err
}

// refuseBody is refuseMalformed, but for what cannot be said once the response has begun.
func (c *conn) refuseBody(err error) error {
	if c.seen.written.Load() == c.begun {
		return c.refuseMalformed(err)
	}
	c.log(&Entry{Kind: KindMalformed, Text: err.Error()})
	return c.fin()
}

// sendContinue invites the body when the client waits for that (RFC 9110, 10.1.1).
func (c *conn) sendContinue() error {
	if !c.req.expects || c.in.r < c.in.w {
		return nil
	}
	c.req.expects = false
	err := c.write(bytesSegment([]byte("HTTP/1.1 100 Continue\r\n\r\n")))
	c.begun = c.seen.written.Load()
	return err
}

//go:noinline
func (c *conn) refuseMalformed(err error) error {
	c.log(&Entry{Kind: KindMalformed, Text: err.Error()})
	if c.srv.protocol.refusal != "" {
		if err := c.write(bytesSegment([]byte(c.srv.protocol.refusal))); err != nil {
			return err
		}
	}
	if c.srv.protocol.abrupt {
		c.unread = true
		return c.closeNow()
	}
	return c.fin()
}

package simulator

import (
	"errors"
	"io"
	"time"

	"github.com/badgateway/badgateway/simulator/strictyaml"
)

type readHead struct{}
type readBody struct{}
type noRead struct{}
type leaveUnread struct{}

type drain struct {
	Rate strictyaml.Size `yaml:"rate" strict:"required"` // bytes per second
}

// ReadHead reads a request's head. In an exchange's script it has been read already.
func ReadHead() Step { return readHead{} }

// ReadBody reads the request's body. A script that contains one of the reading steps decides alone what is read:
// then Respond does not read the body first.
func ReadBody() Step { return readBody{} }

// NoRead reads nothing more of this connection; it ends after the script.
func NoRead() Step { return noRead{} }

// LeaveUnread waits until some of the request lies unread and sees to it that it stays so, so that Close resets the connection, as
// applications do that answer and close without reading a body.
func LeaveUnread() Step { return leaveUnread{} }

// Drain reads the request's body at so many bytes per second; without a rate it reads until the peer ends its side.
func Drain(rate strictyaml.Size) Step { return drain{rate} }

var _ = registerStep("read_head", "read_head", "reads a request's head (connection rules)", word(ReadHead()))
var _ = registerStep("read_body", "read_body", "reads the request's body", word(ReadBody()))
var _ = registerStep("no_read", "no_read", "reads nothing more of this connection", word(NoRead()))
var _ = registerStep("leave_unread", "leave_unread", "some of the request stays unread, so that close resets the connection", word(LeaveUnread()))
var _ = registerStep("drain", "drain: {rate: 64KiB}", "reads the body at so many bytes per second, or everything until the peer ends", optional[drain])

func (readHead) reads()    {}
func (readBody) reads()    {}
func (noRead) reads()      {}
func (leaveUnread) reads() {}
func (drain) reads()       {}

func (readHead) compile(b *builder) error {
	if b.bare {
		return errNoRequests("read_head")
	}
	if !b.connScope {
		return nil
	}
	if b.http2 {
		return errors.New("read_head: in HTTP/2 a connection rule reads the preface (read_preface), and exchanges begin after its script")
	}
	b.connScope = false
	b.do("read_head", (*conn).awaitHead)
	return nil
}

func (readBody) compile(b *builder) error {
	if err := b.needExchange("read_body"); err != nil {
		return err
	}
	b.bodyRead = true
	b.do("read_body", (*conn).readBody)
	return nil
}

func (noRead) compile(b *builder) error {
	if err := b.needOneExchange("no_read"); err != nil {
		return err
	}
	b.do("no_read", func(c *conn) error {
		c.noRead = true
		return nil
	})
	return nil
}

func (leaveUnread) compile(b *builder) error {
	if err := b.needOneExchange("leave_unread"); err != nil {
		return err
	}
	if b.drained {
		return errors.New("leave_unread: everything was read before")
	}
	b.unread = true
	b.do("leave_unread", func(c *conn) error {
		c.unread, c.noRead = true, true
		if c.queued() > 0 {
			return nil
		}
		return c.awaitInput()
	})
	return nil
}

func (r drain) compile(b *builder) error {
	if err := b.needOneExchange("drain"); err != nil {
		return err
	}
	if b.unread {
		return errors.New("drain: it reads what leave_unread leaves")
	}
	if r.Rate > 0 {
		if err := b.needExchange("drain"); err != nil {
			return err
		}
		b.do("drain", func(c *conn) error { return c.drainAt(int64(r.Rate)) })
		return nil
	}
	b.drained = true
	b.do("drain", func(c *conn) error {
		if err := c.discard(time.Time{}); errors.Is(err, errStopped) || !errors.Is(err, io.EOF) {
			return c.lost(err)
		}
		c.noRead = true
		return nil
	})
	return nil
}

// drainAt reads the body in steps of a tenth of a second, or of one byte where that is longer.
func (c *conn) drainAt(rate int64) error {
	portion := max(rate/10, 1)
	gap := time.Duration(portion) * time.Second / time.Duration(rate)
	proto := c.srv.protocol
	for !proto.bodyDone(c) {
		start := proto.bodySize(c)
		for proto.bodySize(c)-start < portion && !proto.bodyDone(c) {
			if err := c.readSome(int(portion - (proto.bodySize(c) - start))); err != nil {
				return err
			}
		}
		if err := c.pause(gap); err != nil {
			return err
		}
	}
	return nil
}

package simulator

import (
	"errors"
	"time"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

type signal string
type flush struct{}
type closeWrite struct{}
type closeRead struct{}

// wait stands for the step of this name: until a gate opens, at most For.
type wait struct {
	Gate string        `yaml:"gate" strict:"required"`
	For  time.Duration `yaml:"for,omitempty"` // 0 is for ever
}

// Wait holds the connection until the gate is open.
func Wait(gate string) Step { return wait{Gate: gate} }

// Signal opens a gate.
func Signal(gate string) Step { return signal(gate) }

// Flush waits until all output is delivered: acknowledged by the peer's kernel (TCP) or read by the peer (unix socket).
func Flush() Step { return flush{} }

// CloseWrite sends FIN and goes on reading.
func CloseWrite() Step { return closeWrite{} }

// CloseRead shuts the reading side. On a unix socket the peer's writes then fail with EPIPE; TCP tells the peer nothing.
func CloseRead() Step { return closeRead{} }

var _ = registerStep("wait", "wait: gate-name", "holds the connection until the gate opens", argument[wait])
var _ = registerStep("signal", "signal: gate-name", "opens a gate", argument[signal])
var _ = registerStep("flush", "flush", "waits until all output is delivered", word(Flush()))
var _ = registerStep("close_write", "close_write", "sends FIN and goes on reading", word(CloseWrite()))
var _ = registerStep("close_read", "close_read", "shuts the reading side; on a unix socket the peer's writes fail with EPIPE", word(CloseRead()))

// DecodeStrict also takes the gate's name alone.
func (w *wait) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		return d.Decode(node, &w.Gate)
	}
	type plain wait
	return d.Decode(node, (*plain)(w))
}

func (w wait) compile(b *builder) error {
	if w.Gate == "" {
		return errors.New("wait: the gate has no name")
	}
	if err := checkDelay("wait", w.For); err != nil {
		return err
	}
	b.do("wait", func(c *conn) error { return c.waitGate(w.Gate, w.For) })
	return nil
}

func (s signal) compile(b *builder) error {
	b.do("signal", func(c *conn) error {
		c.srv.Gate(string(s)).Open()
		return nil
	})
	return nil
}

func (flush) compile(b *builder) error {
	b.do("flush", (*conn).flush)
	return nil
}

func (closeWrite) compile(b *builder) error {
	b.do("close_write", onSocket(func(c *conn) error {
		c.notifyClose()
		if err := c.net.(writeCloser).CloseWrite(); err != nil {
			return c.lost(err)
		}
		return nil
	}))
	b.closes = true
	return nil
}

func (closeRead) compile(b *builder) error {
	if err := b.needOneExchange("close_read"); err != nil {
		return err
	}
	b.do("close_read", func(c *conn) error {
		c.noRead = true
		if err := c.net.(interface{ CloseRead() error }).CloseRead(); err != nil {
			return c.lost(err)
		}
		return nil
	})
	return nil
}

// pause waits until the next delay of the script is over.
func (c *conn) pause(d time.Duration) error {
	until := c.schedule(d)
	err := c.park(until, nil)
	if err == nil {
		c.srv.meters.lateness(time.Since(until))
	}
	return err
}

// schedule is when a delay that follows the last one ends. A new exchange starts anew.
func (c *conn) schedule(d time.Duration) time.Time {
	now := time.Now()
	if c.clock.IsZero() {
		c.clock = now
	}
	if c.clock = c.clock.Add(d); c.clock.Before(now) {
		c.clock = now
	}
	return c.clock
}

func (c *conn) waitGate(name string, limit time.Duration) error {
	g := c.srv.Gate(name)
	g.enter(c)
	defer g.leave(c)
	var until time.Time
	if limit > 0 {
		until = time.Now().Add(limit)
	}
	err := c.park(until, g.isOpen)
	c.clock = time.Time{} // delays count from the opening
	return err
}

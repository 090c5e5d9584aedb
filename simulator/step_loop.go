package simulator

import (
	"errors"
	"fmt"
)

// maxLoop bounds how often a counted loop is written out when it is compiled.
const maxLoop = 10000

type loop struct {
	Times  int    `yaml:"times,omitempty"` // 0 is until the connection ends
	Script Script `yaml:"script" strict:"required"`
}

// Loop repeats steps. The output of a counted loop belongs to that of the
// script, marks included; an endless one (times 0) has no marks.
func Loop(times int, steps ...Step) Step { return loop{times, steps} }

var _ = registerStep("loop", `loop: {times: 3, script: [{chunk: tick}, {sleep: 1s}]}`, "repeats steps, for ever without times", argument[loop])

func (l loop) compile(b *builder) error {
	if len(l.Script) == 0 || l.Times < 0 || l.Times > maxLoop {
		return fmt.Errorf("loop: want steps, and times between 0 and %d", maxLoop)
	}
	if l.Times == 0 {
		return l.endless(b)
	}
	current := b.current
	defer func() { b.current = current }()
	for i := range l.Times {
		before := b.budget.left()
		if err := b.steps(l.Script); err != nil {
			return err
		}
		if i == 1 { // the first time may cost more than the others
			b.budget.expect((before - b.budget.left()) * int64(l.Times-2))
		}
	}
	return nil
}

func (l loop) endless(b *builder) error {
	inner := b.child()
	inner.endless = true
	if err := inner.steps(l.Script); err != nil {
		return err
	}
	if inner.ended != "" {
		return errors.New("loop: a step that ends the connection cannot be repeated")
	}
	body := &program{actions: joinAll(inner.actions)}
	b.end("loop", func(c *conn) error {
		for {
			if c.stop.Load() {
				return errStopped
			}
			if err := c.runActions(body); err != nil {
				return err
			}
		}
	})
	return nil
}

// child makes a builder for steps inside a step, whose output no mark of the script counts.
func (b *builder) child() *builder {
	c := &builder{traits: b.traits, variant: b.variant, connScope: b.connScope, nested: true, endless: b.endless, readsAlone: true, draws: b.draws, budget: b.budget}
	c.shaken, c.alerted, c.upgraded = b.shaken, b.alerted, b.upgraded
	c.bodyRead, c.unread, c.drained, c.headOpen = b.bodyRead, b.unread, b.drained, b.headOpen
	c.h2 = b.h2
	return c
}

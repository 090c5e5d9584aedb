package simulator

import (
	"errors"
	"fmt"
	"time"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

type cutAt struct {
	at   Mark
	then Script
}

type stallAt struct {
	at    Mark
	gate  string
	limit time.Duration
}

type dribble struct {
	Size  strictyaml.Size `yaml:"size" strict:"required"` // bytes per piece
	Gap   time.Duration   `yaml:"gap" strict:"required"`  // from the start of one piece to the next
	From  *Mark           `yaml:"from,omitempty"`         // start when nil
	Until *Mark           `yaml:"until,omitempty"`        // end when nil
}

// CutAt lets the script's output end at a mark, and does the steps instead of the rest; the last of them ends the connection.
func CutAt(m Mark, then ...Step) Step { return cutAt{m, then} }

// StallAt holds the script's output at a mark until the peer ends.
func StallAt(m Mark) Step { return stallAt{at: m} }

// StallAtGate holds the script's output at a mark until a gate opens.
func StallAtGate(m Mark, gate string) Step { return stallAt{at: m, gate: gate} }

// StallAtFor holds the script's output at a mark for a time.
func StallAtFor(m Mark, d time.Duration) Step { return stallAt{at: m, limit: d} }

// Dribble sends the script's output from one mark to another in pieces of a size, one each gap.
func Dribble(size strictyaml.Size, gap time.Duration, from, until Mark) Step {
	return dribble{size, gap, &from, &until}
}

var _ = registerStep("cut_at", "cut_at: {mark: body, plus: 512, then: [flush, rst]}", "ends the output at a mark", decodeCutAt)
var _ = registerStep("stall_at", "stall_at: {mark: header, index: 1, plus: 10, gate: g, for: 2s}",
	"holds the output at a mark, until the peer ends when neither gate nor for is given", decodeStallAt)
var _ = registerStep("dribble", "dribble: {size: 16, gap: 900ms, from: start, until: head_end}", "sends the output in small pieces", argument[dribble])

func decodeCutAt(d *strictyaml.Decoder, arg *yaml.Node) (Step, error) {
	raw, err := decodeArgument[struct {
		Fields markFields `yaml:",inline"`
		Then   Script     `yaml:"then" strict:"required"`
	}](d, arg)
	if err != nil {
		return nil, err
	}
	return cutAt{Mark(raw.Fields), raw.Then}, checkMark(d, arg, Mark(raw.Fields))
}

func decodeStallAt(d *strictyaml.Decoder, arg *yaml.Node) (Step, error) {
	raw, err := decodeArgument[struct {
		Fields markFields    `yaml:",inline"`
		Gate   string        `yaml:"gate"`
		For    time.Duration `yaml:"for"`
	}](d, arg)
	if err != nil {
		return nil, err
	}
	return stallAt{Mark(raw.Fields), raw.Gate, raw.For}, checkMark(d, arg, Mark(raw.Fields))
}

// markFields is a Mark inside a step's own map.
type markFields Mark

func (s cutAt) compile(b *builder) error {
	if b.nested {
		return errors.New("cut_at: steps inside a cut or an endless loop have no marks")
	}
	inner := b.child()
	if err := inner.steps(s.then); err != nil {
		return err
	}
	if inner.ended == "" {
		return errors.New("cut_at: the last step of then must end the connection: close, fin, hang, linger_close, loop, rst or vanish")
	}
	b.unread = b.unread || inner.unread
	b.effects = append(b.effects, effect{origin: b.current, at: s.at, cuts: true, apply: func(b *builder, offset int64) error {
		before, _ := split(b.actions, offset)
		b.actions = append(before, inner.actions...)
		b.ended = inner.ended
		return nil
	}})
	return nil
}

func (s stallAt) compile(b *builder) error {
	if err := checkDelay("stall_at", s.limit); err != nil {
		return err
	}
	if b.nested {
		return errors.New("stall_at: steps inside a cut or an endless loop have no marks")
	}
	b.effects = append(b.effects, effect{origin: b.current, at: s.at, apply: func(b *builder, offset int64) error {
		before, after := split(b.actions, offset)
		b.actions = append(append(before, action{step: "stall_at", run: s.run}), after...)
		return nil
	}})
	return nil
}

func (s stallAt) run(c *conn) error {
	switch {
	case s.gate != "":
		return c.waitGate(s.gate, s.limit)
	case s.limit > 0:
		return c.pause(s.limit)
	default:
		return c.hang()
	}
}

func (s dribble) compile(b *builder) error {
	if s.Size <= 0 || s.Gap <= 0 || s.Gap > maxDelay {
		return errors.New("dribble: size and gap must be above 0, and gap at most 24h")
	}
	if b.nested {
		return errors.New("dribble: steps inside a cut or an endless loop have no marks")
	}
	from, until := Start(), End()
	if s.From != nil {
		from = *s.From
	}
	if s.Until != nil {
		until = *s.Until
	}
	b.effects = append(b.effects, effect{origin: b.current, at: until, apply: func(b *builder, last int64) error {
		first, err := b.out.resolve(from)
		if err != nil {
			return err
		}
		if first > last {
			return fmt.Errorf("dribble: %s lies behind %s", from, until)
		}
		b.dribble(first, last, s)
		return nil
	}})
	return nil
}

// dribble replaces the output between two raw offsets by pieces.
func (b *builder) dribble(first, last int64, s dribble) {
	before, rest := split(b.actions, first)
	middle, after := split(rest, last-first) // middle is a copy
	for i := range middle {
		if middle[i].run == nil {
			middle[i].slow = &s
		}
	}
	b.actions = append(append(before, middle...), after...)
}

func (c *conn) dribble(rest []segment, s *dribble) error {
	for len(rest) > 0 {
		var piece []segment
		piece, rest = take(rest, int64(s.Size))
		if err := c.write(piece...); err != nil {
			return err
		}
		if err := c.pause(s.Gap); err != nil {
			return err
		}
	}
	return nil
}

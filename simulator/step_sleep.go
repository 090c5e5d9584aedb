package simulator

import (
	"errors"
	"math"
	"math/rand/v2"
	"time"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

type sleep time.Duration

// Sleep pauses. Consecutive sleeps of a script count from one another's scheduled end, so that delays do not add up errors.
func Sleep(d time.Duration) Step { return sleep(d) }

// RandomDelay is a distribution of pauses; exactly one of its pointers is set. Each pause is drawn from
// (seed, rule, step, connection, exchange), so that the same run has the same pauses, whatever the goroutines' order.
type RandomDelay struct {
	Uniform     *UniformDelay     `yaml:"uniform,omitempty"`
	Normal      *NormalDelay      `yaml:"normal,omitempty"`
	Exponential *ExponentialDelay `yaml:"exponential,omitempty"`
	Pareto      *ParetoDelay      `yaml:"pareto,omitempty"`
	Max         time.Duration     `yaml:"max,omitempty"`   // longer pauses become this; 24h when 0
	Drawn       *drawnDelays      `yaml:"drawn,omitempty"` // what Freeze makes of the others

	node *yaml.Node
}

// UniformDelay is any pause between From and To alike.
type UniformDelay struct {
	From time.Duration `yaml:"from"`
	To   time.Duration `yaml:"to" strict:"required"`
}

// NormalDelay is the normal distribution; what would be below 0 is 0.
type NormalDelay struct {
	Mean      time.Duration `yaml:"mean" strict:"required"`
	Deviation time.Duration `yaml:"deviation" strict:"required"`
}

// ExponentialDelay is the pauses between events that come independently of one another.
type ExponentialDelay struct {
	Mean time.Duration `yaml:"mean" strict:"required"`
}

// ParetoDelay has a long tail: half of all pauses are below Least·2^(1/Shape), and a few are very long.
type ParetoDelay struct {
	Least time.Duration `yaml:"least" strict:"required"`
	Shape float64       `yaml:"shape" strict:"required"` // above 0; the smaller, the longer the tail
}

// drawnDelays are pauses by connection, exchange and turn.
type drawnDelays map[uint64]map[int][]time.Duration

// SleepRandom pauses for a time drawn from a distribution. The journal's entry of the step has the time as its text.
func SleepRandom(d RandomDelay) Step { return &d }

var _ = registerStep("sleep", "sleep: 800ms", "pauses; {uniform: {from: 10ms, to: 2s}}, {normal: {mean: 300ms, deviation: 80ms}}, "+
	"{exponential: {mean: 200ms}} and {pareto: {least: 50ms, shape: 1.2}}, each with max, draw the time", decodeSleep)

func decodeSleep(d *strictyaml.Decoder, arg *yaml.Node) (Step, error) {
	if arg != nil && arg.Kind == yaml.MappingNode {
		r, err := decodeArgument[RandomDelay](d, arg)
		r.node = arg
		return &r, err
	}
	t, err := decodeArgument[time.Duration](d, arg)
	return Sleep(t), err
}

func (s sleep) compile(b *builder) error {
	if err := checkDelay("sleep", time.Duration(s)); err != nil {
		return err
	}
	b.do("sleep", func(c *conn) error { return c.pause(time.Duration(s)) })
	return nil
}

func (r *RandomDelay) compile(b *builder) error {
	if err := r.check(); err != nil {
		return err
	}
	if r.Drawn != nil {
		return r.compileDrawn(b)
	}
	site := b.draws.of(r, r.node)
	if b.variant == (variant{}) {
		site.turns += b.repeats()
	}
	site.value = func(p place) any { return r.draw(site.at(p)) }
	b.do("", func(c *conn) error { return c.drawnPause(r.draw(site.at(c.turn(site)))) })
	return nil
}

func (r *RandomDelay) compileDrawn(b *builder) error {
	site := b.draws.of(r, nil)
	site.value = func(place) any { return time.Duration(0) }
	b.do("", func(c *conn) error {
		p := c.turn(site)
		if list := (*r.Drawn)[p.conn][p.exchange]; p.turn < len(list) {
			return c.drawnPause(list[p.turn])
		}
		c.failed("sleep: the frozen plan has no time for turn %d of exchange %d of connection %d", p.turn, p.exchange, p.conn)
		return nil
	})
	return nil
}

func (c *conn) drawnPause(d time.Duration) error {
	c.log(&Entry{Kind: KindStep, Step: "sleep", Text: d.String()})
	return c.pause(d)
}

func (r *RandomDelay) check() error {
	if b2i(r.Uniform != nil)+b2i(r.Normal != nil)+b2i(r.Exponential != nil)+b2i(r.Pareto != nil)+b2i(r.Drawn != nil) != 1 {
		return errors.New("sleep: want exactly one of uniform, normal, exponential and pareto")
	}
	times := []time.Duration{r.Max}
	switch {
	case r.Uniform != nil:
		if r.Uniform.From > r.Uniform.To {
			return errors.New("sleep: from of uniform is above its to")
		}
		times = append(times, r.Uniform.From, r.Uniform.To)
	case r.Normal != nil:
		times = append(times, r.Normal.Mean, r.Normal.Deviation)
	case r.Exponential != nil:
		times = append(times, r.Exponential.Mean)
	case r.Pareto != nil:
		if !(r.Pareto.Shape > 0) || r.Pareto.Least <= 0 {
			return errors.New("sleep: least and shape of pareto must be above 0")
		}
		times = append(times, r.Pareto.Least)
	}
	for _, t := range times {
		if err := checkDelay("sleep", t); err != nil {
			return err
		}
	}
	return nil
}

// draw takes one pause, in whole microseconds.
func (r *RandomDelay) draw(g *rand.Rand) time.Duration {
	var t float64
	switch {
	case r.Uniform != nil:
		t = float64(r.Uniform.From) + g.Float64()*float64(r.Uniform.To-r.Uniform.From)
	case r.Normal != nil:
		t = float64(r.Normal.Mean) + g.NormFloat64()*float64(r.Normal.Deviation)
	case r.Exponential != nil:
		t = g.ExpFloat64() * float64(r.Exponential.Mean)
	default:
		t = float64(r.Pareto.Least) / math.Pow(1-g.Float64(), 1/r.Pareto.Shape)
	}
	limit := maxDelay
	if r.Max > 0 {
		limit = r.Max
	}
	return time.Duration(min(max(t, 0), float64(limit))).Round(time.Microsecond)
}

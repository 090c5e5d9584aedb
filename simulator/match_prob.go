package simulator

import (
	"fmt"
	"slices"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

type prob struct {
	p    float64
	node *yaml.Node
}

// Prob holds with probability p, drawn from (seed, rule, connection, exchange):
// the same for the same run, whatever the goroutines' order.
func Prob(p float64) Match { return prob{p: p} }

var _ = registerMatch("prob", "prob: 0.1", "with this probability, drawn from (seed, rule, connection, exchange)",
	func(d *strictyaml.Decoder, arg *yaml.Node) (Match, error) {
		m := prob{node: arg}
		return m, d.Decode(arg, &m.p)
	})

func (prob) counts() {}

func (m prob) compile(s matchScope) (test, error) {
	if !(m.p >= 0 && m.p <= 1) {
		return nil, fmt.Errorf("prob: %v is no probability between 0 and 1", m.p)
	}
	c := s.draws.chance(m.node)
	holds := func(p place) bool { return c.at(p).Float64() < m.p }
	c.value = func(p place) any { return holds(p) }
	return func(f *facts) bool { return holds(place{conn: f.conn, exchange: f.exchange}) }, nil
}

// drawn is what Freeze makes of prob: the exchanges of each connection for which it holds.
type drawn map[uint64][]int

var _ = registerMatch("drawn", "drawn: {1: [2, 3], 4: [1]}", "for these exchanges of these connections (0 is the connection itself), as Freeze writes prob",
	matchArgument[drawn])

func (drawn) counts() {}

func (m drawn) compile(matchScope) (test, error) {
	return func(f *facts) bool { return slices.Contains(m[f.conn], f.exchange) }, nil
}

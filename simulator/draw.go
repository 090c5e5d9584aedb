package simulator

import (
	"math/rand/v2"

	"go.yaml.in/yaml/v3"
)

// draws numbers the random decisions of one rule. What is drawn depends on (seed,
// rule, decision, connection, exchange, turn) alone, never on which goroutine asks first.
type draws struct {
	seed   int64
	rule   uint64
	number uint64           // of the rule's decisions so far
	known  map[Step]*chance // a step that is compiled again is the same decision
	gen    *generation
}

// chance is one random decision of a plan.
type chance struct {
	key   [3]uint64  // seed, rule, decision
	node  *yaml.Node // where the plan says it; nil in plans made in Go
	turns int        // how often a script makes it in one exchange, as far as that is known
	// value draws for one place, for Freeze: a bool or a time.Duration
	value func(place) any
}

// place is where a decision is made.
type place struct {
	conn           uint64
	exchange, turn int // turn counts the decisions of one step in one run of its script, from 0
}

func (d *draws) chance(node *yaml.Node) *chance {
	d.number++
	c := &chance{key: [3]uint64{uint64(d.seed), d.rule, d.number}, node: node}
	d.gen.chances = append(d.gen.chances, c)
	return c
}

// of is the decision of a step, which is compiled once for each variant of request and each turn of a counted loop.
func (d *draws) of(s Step, node *yaml.Node) *chance {
	c := d.known[s]
	if c == nil {
		c = d.chance(node)
		if d.known == nil {
			d.known = map[Step]*chance{}
		}
		d.known[s] = c
	}
	return c
}

// at makes the generator for one place.
func (c *chance) at(p place) *rand.Rand {
	h := uint64(0)
	for _, v := range [...]uint64{c.key[0], c.key[1], c.key[2], p.conn, uint64(p.exchange), uint64(p.turn)} {
		h = mix(h ^ mix(v+0x9e3779b97f4a7c15))
	}
	return rand.New(rand.NewPCG(h, mix(h)))
}

// mix is the finalizer of splitmix64: neighboring keys give unrelated streams.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// turn is the place of a step's next decision in the script that runs.
func (c *conn) turn(of *chance) place {
	if c.turns == nil {
		c.turns = map[*chance]int{}
	}
	p := place{c.number, c.exchange, c.turns[of]}
	c.turns[of]++
	return p
}

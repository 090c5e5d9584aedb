package simulator

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

// generation is a plan compiled for one endpoint. It is never changed; a new
// plan is a new generation.
type generation struct {
	number      uint64
	plan        *Plan
	since       time.Time
	connections []*compiledRule
	exchanges   []*compiledRule
	fallback    *compiledRule
	idle        *program
	idleAfter   time.Duration
	chances     []*chance
	tls         *tlsSetup // what the endpoint speaks, or nil
	prologue    bool      // something comes before the first request
	hello       bool      // a connection rule asks for the ClientHello
	idles       bool      // a rule asks how long the connection was silent
	leaves      bool      // some script must leave input unread: heads and bodies are peeked at
}

type compiledRule struct {
	name     string // "exchanges[1]", "default", or what the rule is called
	holds    test
	times    uint64
	used     atomic.Uint64
	met      *atomic.Uint64 // the server's counter of exchanges for this name
	programs [connectionHeaders][2]*program
}

// matches counts a use only when the rule holds.
func (r *compiledRule) matches(f *facts) bool {
	if r.holds != nil && !r.holds(f) {
		return false
	}
	return r.times == 0 || r.used.Add(1) <= r.times
}

func firstMatch(rules []*compiledRule, f *facts) *compiledRule {
	for _, r := range rules {
		if r.matches(f) {
			return r
		}
	}
	return nil
}

func (r *compiledRule) program(v variant) *program { return r.programs[v.connection][b2i(v.headOnly)] }

// compile checks a whole plan against an endpoint.
func compile(p *Plan, t traits, seed int64) (*generation, error) {
	if p == nil {
		p = &Plan{}
	}
	t.tls, t.setups = p.Endpoint.TLS, map[string]*tlsSetup{}
	if err := p.Endpoint.check(t); err != nil {
		return nil, p.errorf("endpoint", "%w", err)
	}
	c := &compiler{traits: t, seed: seed, gen: &generation{plan: p, leaves: t.uwsgi}, budget: newBudget()}
	err := c.secure()
	if err != nil {
		return nil, p.errorf("endpoint", "%w", err)
	}
	if c.gen.connections, err = c.rules("connections", p.Connections, true); err != nil {
		return nil, err
	}
	if c.gen.exchanges, err = c.rules("exchanges", p.Exchanges, false); err != nil {
		return nil, err
	}
	if err := c.fallback(); err != nil {
		return nil, err
	}
	return c.gen, c.idle()
}

// errorf makes an error about a part of the plan, at its place in the file.
func (p *Plan) errorf(part, format string, args ...any) error {
	return withPlace(p.posOf(part), part, fmt.Errorf(format, args...))
}

func (p *Plan) posOf(part string) strictyaml.Pos {
	if p.source != nil && p.source.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(p.source.Content); i += 2 {
			if p.source.Content[i].Value == part {
				return strictyaml.PosOf(p.file, p.source.Content[i+1])
			}
		}
	}
	return strictyaml.PosOf(p.file, p.source)
}

type compiler struct {
	traits
	seed   int64
	gen    *generation
	budget *budget
	number uint64 // of the rule, through all lists: the key of its random draws
}

func (c *compiler) rules(list string, rules []Rule, connScope bool) ([]*compiledRule, error) {
	if len(rules) > MaxRules {
		return nil, withPlace(rules[MaxRules].pos, list, fmt.Errorf("%d rules are above the limit of %d", len(rules), MaxRules))
	}
	var out []*compiledRule
	for i, r := range rules {
		compiled, err := c.rule(fmt.Sprintf("%s[%d]", list, i), r, connScope)
		if err != nil {
			return nil, err
		}
		out = append(out, compiled)
	}
	return out, nil
}

// draws numbers the next rule.
func (c *compiler) draws() *draws {
	c.number++
	return &draws{seed: c.seed, rule: c.number, gen: c.gen}
}

func (c *compiler) rule(name string, r Rule, connScope bool) (*compiledRule, error) {
	out := &compiledRule{name: name, times: r.Times}
	if r.Name != "" {
		out.name = r.Name
	}
	var err error
	d := c.draws()
	if r.Match != nil {
		out.holds, err = r.Match.compile(matchScope{connections: connScope, draws: d, gen: c.gen, bare: c.bare})
	}
	if err == nil {
		err = c.variants(out, r.Script, connScope, d)
	}
	return out, withPlace(r.pos, name, err)
}

// withPlace adds the rule's place to an error that has none.
func withPlace(pos strictyaml.Pos, name string, err error) error {
	var e *strictyaml.Error
	switch {
	case err == nil || errors.As(err, &e):
		return err
	case pos.Line == 0:
		return fmt.Errorf("%s: %w", name, err)
	default:
		return strictyaml.NewError(pos, "%s: %w", name, err)
	}
}

// variants compiles a script for each form of request. The plain form must
// compile; a mark that the others lack (a body in the answer to HEAD) is found out when it is met.
func (c *compiler) variants(r *compiledRule, s Script, connScope bool, d *draws) error {
	for say := range connectionHeaders {
		if (c.fastcgi || c.uwsgi || c.http2 || c.bare) && say > 0 { // what is said of the connection is HTTP's
			r.programs[say] = r.programs[0]
			continue
		}
		for head := range 2 {
			v := variant{connection: say, headOnly: head == 1}
			b := &builder{traits: c.traits, variant: v, connScope: connScope, draws: d, budget: c.budget, bodyRead: c.bare}
			p, err := b.build(s)
			if errors.Is(err, errNoMark) && v.headOnly {
				p = failing(err)
			} else if err != nil {
				return err
			}
			r.programs[say][head] = p
			c.gen.leaves = c.gen.leaves || b.unread
		}
	}
	return nil
}

// failing is a program that journals why it cannot run, and hangs up.
func failing(err error) *program {
	return &program{closes: true, actions: []action{{step: "", run: func(c *conn) error {
		c.failed("%v", err)
		return nil
	}}}}
}

func (c *compiler) fallback() error {
	script := c.gen.plan.Default
	name := "default"
	if script == nil {
		script, name = Script{Serve()}, "serve"
		if c.bare {
			script, name = Script{Echo(0)}, "echo"
		}
	}
	var err error
	c.gen.fallback, err = c.rule(name, Rule{Script: script}, false)
	return err
}

func (c *compiler) idle() error {
	i := c.gen.plan.Idle
	if i == nil {
		return nil
	}
	if c.bare {
		return c.gen.plan.errorf("idle", "protocol raw keeps no connection alive between requests")
	}
	if i.After <= 0 || i.After > maxDelay {
		return c.gen.plan.errorf("idle", "after must be above 0 and at most 24h")
	}
	b := &builder{traits: c.traits, connScope: true, drained: true, draws: c.draws(), budget: c.budget}
	p, err := b.build(i.Then)
	if err == nil && !p.ended {
		err = errors.New("then must end the connection")
	}
	if err != nil {
		return withPlace(c.gen.plan.posOf("idle"), "idle", err)
	}
	c.gen.idle, c.gen.idleAfter = p, i.After
	return nil
}

package simulator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

// Match decides whether a rule applies. In YAML the keys of a match must all hold.
type Match interface {
	// compile makes the test for one rule of one generation, with its own counters.
	compile(s matchScope) (test, error)
}

// test looks at what is known when the rule is asked.
type test func(*facts) bool

// matchScope is where a match stands.
type matchScope struct {
	connections bool // no request is known yet
	draws       *draws
	bare        bool        // there are no requests
	gen         *generation // that the rule belongs to
}

// facts are what rules see of a connection or an exchange.
type facts struct {
	srv      *Server
	conn     uint64        // from 1, in the order of accept
	exchange int           // from 1 within the connection; 0 at accept
	idle     time.Duration // the connection's silence before this request; 0 for the first
	since    time.Time     // when the plan came into force
	req      *request      // nil at accept
	hello    *hello        // nil without TLS
}

type matchSpec struct {
	StepInfo
	decode func(d *strictyaml.Decoder, arg *yaml.Node) (Match, error)
}

var matchSpecs = map[string]matchSpec{}

// registerMatch is called by each match's file.
func registerMatch(name, usage, doc string, decode func(*strictyaml.Decoder, *yaml.Node) (Match, error)) bool {
	if _, twice := matchSpecs[name]; twice {
		panic("simulator: match " + name + " is registered twice")
	}
	matchSpecs[name] = matchSpec{StepInfo{name, usage, doc}, decode}
	return true
}

// Matches describes all matches, sorted by name.
func Matches() []StepInfo {
	var list []StepInfo
	for _, name := range slices.Sorted(maps.Keys(matchSpecs)) {
		list = append(list, matchSpecs[name].StepInfo)
	}
	return list
}

// matchArgument decodes a match from its value.
func matchArgument[M Match](d *strictyaml.Decoder, arg *yaml.Node) (Match, error) {
	var m M
	err := d.Decode(arg, &m)
	return m, err
}

// decodeMatch reads a map of matches that must all hold.
func decodeMatch(d *strictyaml.Decoder, node *yaml.Node) (Match, error) {
	var list []Match
	err := d.EachPair(node, func(key, value *yaml.Node) error {
		spec, ok := matchSpecs[key.Value]
		if !ok {
			known := strings.Join(slices.Sorted(maps.Keys(matchSpecs)), ", ")
			return d.Errorf(key, "unknown match %q (known: %s)", key.Value, known)
		}
		m, err := spec.decode(d, value)
		list = append(list, m)
		return err
	})
	return All(list...), err
}

// exchangeTest is for matches that look at the request.
func exchangeTest(s matchScope, name string, t test) (test, error) {
	if s.connections {
		return nil, fmt.Errorf("%s: a connection rule is decided at accept, before any request is known", name)
	}
	if s.bare {
		return nil, fmt.Errorf("%s: protocol raw has no requests", name)
	}
	return t, nil
}

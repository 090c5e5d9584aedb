package diagnoser

import (
	"fmt"
	"maps"
	"slices"
)

// rule recognises one cause. Its file is named after the cause.
type rule struct {
	cause string
	doc   Doc
	// judge says what speaks for the cause in a group of events, nil where the rule does not apply.
	judge func(in *inquiry, g *group) *opinion
}

// opinion is what a rule makes of a group of events.
type opinion struct {
	certainty string
	// weight decides between opinions of one certainty about one group: the more
	// specific one is heavier. Most are 0.
	weight   int
	evidence []Fact
	against  []Fact
	also     []Alternative // causes that stay open
	remedies []Remedy
	where    *Where
	kind     string // overrides that of the cause
	// why and check present the cause as an alternative where another was found
	// likelier; why may be empty when the first evidence says it.
	why, check string
	explained  []*group
	// consequence marks a cause that has another one behind it: it never comes first.
	consequence bool
}

// Doc explains a cause to a person.
type Doc struct {
	What    string // what it is
	Confirm string // how to confirm it by hand
	Mends   string // what mends it
	Hides   string // what only hides it
	Source  string // where the rule comes from: a function of nginx, a manual's or RFC's section
}

var rules = map[string]rule{}

// register adds a rule at start. Two of one cause are a programming error.
func register(r rule) bool {
	if _, ok := rules[r.cause]; ok {
		panic(fmt.Sprintf("diagnoser: two rules for %s", r.cause))
	}
	rules[r.cause] = r
	return true
}

// ordered returns the rules sorted by cause.
func ordered() (all []rule) {
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		all = append(all, rules[name])
	}
	return all
}

package faults

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/dns"
)

// Fault is something that an upstream does wrong, by its name.
type Fault struct {
	Name   string  // in kebab case
	Cause  string  // the named reason that it reproduces; empty where nginx serves the request and nothing is wrong
	Doc    string  // what the upstream does, in the kernel's terms
	Source string  // where the rule of the reaction stands: nginx's file and function, a section of an RFC
	Places []Place // where it exists
	Needs  Needs
	// Names is what the DNS server does that the proxy asks for the application's address, Backend; nil where none is asked.
	Names *dns.Plan
	// Outcomes are what was measured; the first one that holds at a place and for a version counts.
	Outcomes []Outcome

	plan  func(Place) *simulator.Plan
	plain bool // it speaks no TLS where a proxy does
}

// Plan is the fault's plan at a place, with usual parameters. The fault's own function takes others.
func (f *Fault) Plan(p Place) *simulator.Plan {
	plan := f.plan(p)
	if p.Transport != TLS || f.plain || plan.Endpoint.TLS != nil {
		return plan
	}
	encrypted := *plan
	encrypted.Endpoint.TLS = &simulator.TLS{}
	return &encrypted
}

// Config is what simulator.New needs for a server with this fault. It is an error
// when the fault does not exist at the place.
func (f *Fault) Config(p Place, listen string) (simulator.Config, error) {
	if !slices.Contains(f.Places, p) {
		return simulator.Config{}, fmt.Errorf("fault %s does not exist over %s (known: %s)", f.Name, p, join(f.Places))
	}
	return simulator.Config{Name: f.Name, Listen: listen, Protocol: p.Protocol, Plan: f.Plan(p)}, nil
}

func join(list []Place) string {
	var names []string
	for _, p := range list {
		names = append(names, p.String())
	}
	return strings.Join(names, ", ")
}

var known = map[string]*Fault{}

// register is called where each fault is declared; a name given twice is a mistake in this package.
func register(f Fault) bool {
	if known[f.Name] != nil {
		panic("faults: " + f.Name + " is registered twice")
	}
	known[f.Name] = &f
	return true
}

// All yields the faults, sorted by name.
func All() iter.Seq[*Fault] {
	return func(yield func(*Fault) bool) {
		for _, name := range slices.Sorted(maps.Keys(known)) {
			if !yield(known[name]) {
				return
			}
		}
	}
}

// Lookup finds a fault by its name; the error lists the known ones.
func Lookup(name string) (*Fault, error) {
	if f := known[name]; f != nil {
		return f, nil
	}
	return nil, fmt.Errorf("unknown fault %q (known: %s)", name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
}

// always is for plans that are the same at every place.
func always(p *simulator.Plan) func(Place) *simulator.Plan {
	return func(Place) *simulator.Plan { return p }
}

package dns

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	wire "github.com/miekg/dns"
	"go.yaml.in/yaml/v3"
)

// Plan gives each query its answer. It is not changed once a Server has it.
type Plan struct {
	Rules   []Rule      `yaml:"rules,omitempty"`   // the first that matches
	Default *Answer     `yaml:"default,omitempty"` // NXDOMAIN when nil
	Refuse  []Transport `yaml:"refuse,omitempty"`  // nothing listens there: the resolver gets ECONNREFUSED

	source *yaml.Node
}

// Rule is a match, all keys of which must hold, and the answer.
type Rule struct {
	Label     string              `yaml:"label,omitempty"`     // for the journal; its place in the plan when empty
	Name      string              `yaml:"name,omitempty"`      // any case, with or without the last dot; * stands for any text
	Type      RecordType          `yaml:"type,omitempty"`      // any when empty
	Transport Transport           `yaml:"transport,omitempty"` // udp or tcp; either when empty
	While     string              `yaml:"while,omitempty"`     // as long as the gate is open
	Query     strictyaml.Ordinals `yaml:"query,omitempty"`     // the n-th query for which the rest holds, whichever rule answered the others: 1, 2+, 2-4

	Answer Answer `yaml:",inline"`
}

// Answer is what is done with a query. Records of other types than asked are left
// out, but for CNAME, so that an answer without the asked type is an empty NOERROR (RFC 2308, 2.2).
type Answer struct {
	Answers  []Record      `yaml:"answers,omitempty"`
	TTL      time.Duration `yaml:"ttl,omitempty"`      // of all records, in whole seconds; nginx keeps names so long unless valid= says otherwise
	Code     Code          `yaml:"rcode,omitempty"`    // nginx: "could not be resolved (3: Host not found)" for NXDOMAIN
	Delay    time.Duration `yaml:"delay,omitempty"`    // before anything is done
	Wait     string        `yaml:"wait,omitempty"`     // until the gate is open, before anything is done
	Silent   bool          `yaml:"silent,omitempty"`   // no answer. nginx: "could not be resolved (110: Operation timed out)"
	Truncate bool          `yaml:"truncate,omitempty"` // UDP: no records and the TC bit, so that the resolver asks again over TCP (RFC 7766, 5)
	Close    bool          `yaml:"close,omitempty"`    // TCP: the connection ends without an answer
	WrongID  bool          `yaml:"wrong_id,omitempty"` // an answer to another query
}

// Transport is "udp" or "tcp".
type Transport string

// The transports.
const (
	UDP Transport = "udp"
	TCP Transport = "tcp"
)

// UnmarshalText reads udp or tcp.
func (t *Transport) UnmarshalText(b []byte) error {
	if *t = Transport(b); *t != UDP && *t != TCP {
		return fmt.Errorf("want udp or tcp, got %q", b)
	}
	return nil
}

// RecordType is a type of records by its name: A, AAAA, CNAME, SRV.
type RecordType uint16

// UnmarshalText reads a type's name.
func (t *RecordType) UnmarshalText(b []byte) error {
	n, ok := wire.StringToType[string(b)]
	if !ok {
		return fmt.Errorf("unknown type of record %q, want A, AAAA, CNAME, SRV and the like", b)
	}
	*t = RecordType(n)
	return nil
}

// Code is a response code (RFC 1035, 4.1.1) by its name: NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED.
type Code int

// UnmarshalText reads a code's name.
func (c *Code) UnmarshalText(b []byte) error {
	n, ok := wire.StringToRcode[string(b)]
	if !ok || n > 0xf { // more than four bits take EDNS
		return fmt.Errorf("unknown response code %q, want NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP or REFUSED", b)
	}
	*c = Code(n)
	return nil
}

// Record is a resource record as zone files write it, without class and TTL:
// "A 127.0.0.1", "SRV 0 5 9000 a.app.test". It belongs to the name asked for unless it begins with another: "a.app.test A 127.0.0.1".
type Record struct {
	owner string // empty for the name asked for
	rr    wire.RR
}

// ParseRecord reads a record.
func ParseRecord(s string) (Record, error) {
	var r Record
	words := strings.Fields(s)
	if len(words) > 0 && wire.StringToType[words[0]] == 0 {
		r.owner, words = wire.Fqdn(words[0]), words[1:]
	}
	if len(words) < 2 || wire.StringToType[words[0]] == 0 {
		return r, fmt.Errorf(`want a record such as "A 127.0.0.1", got %q`, s)
	}
	var err error
	r.rr, err = wire.NewRR(". 0 IN " + strings.Join(words, " "))
	if err != nil || r.rr == nil {
		return r, fmt.Errorf("record %q: %s", s, strings.TrimPrefix(fmt.Sprint(err), "dns: "))
	}
	return r, nil
}

// UnmarshalText reads a record.
func (r *Record) UnmarshalText(b []byte) (err error) {
	*r, err = ParseRecord(string(b))
	return err
}

// ParsePlan reads a plan from YAML; the name appears in errors as the file.
func ParsePlan(name string, data []byte) (*Plan, error) {
	node, err := strictyaml.Parse(name, data)
	if err != nil {
		return nil, err
	}
	plan := &Plan{source: node}
	if err := strictyaml.Decode(name, node, plan); err != nil {
		return nil, strictyaml.Attach(err, data)
	}
	return plan, nil
}

// check finds what cannot be.
func (p *Plan) check() error {
	for i, r := range p.Rules {
		if err := r.Answer.check(r.Transport); err != nil {
			return fmt.Errorf("%s: %w", r.label(i), err)
		}
	}
	if p.Default != nil {
		if err := p.Default.check(""); err != nil {
			return fmt.Errorf("default: %w", err)
		}
	}
	return nil
}

func (a Answer) check(t Transport) error {
	ends := 0
	for _, set := range []bool{a.Silent, a.Truncate, a.Close} {
		if set {
			ends++
		}
	}
	switch {
	case ends > 1 || a.Silent && len(a.Answers) > 0:
		return fmt.Errorf("only one of answers and silent, and of silent, truncate and close, can hold")
	case a.Truncate && t == TCP:
		return fmt.Errorf("truncate: an answer over TCP is whole")
	case a.Close && t != TCP:
		return fmt.Errorf("close: only a connection can be closed; add transport: tcp")
	}
	return nil
}

func (r Rule) label(i int) string {
	if r.Label != "" {
		return r.Label
	}
	return fmt.Sprintf("rules[%d]", i)
}

func (p *Plan) refuses(t Transport) bool { return slices.Contains(p.Refuse, t) }

// YAML is the plan as it was written, without comments; nil for a plan made in Go.
func (p *Plan) YAML() ([]byte, error) {
	if p.source == nil {
		return nil, nil
	}
	return yaml.Marshal(p.source)
}

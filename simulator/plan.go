package simulator

import (
	"errors"
	"io/fs"
	"time"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

// Plan gives each connection and each exchange its behavior. It is not changed
// once it is given to a Server, so several servers can share one.
type Plan struct {
	Endpoint    Endpoint `yaml:"endpoint,omitempty"`
	Connections []Rule   `yaml:"connections,omitempty"` // asked at accept
	Exchanges   []Rule   `yaml:"exchanges,omitempty"`   // asked when a request's head is there
	Default     Script   `yaml:"default,omitempty"`     // for exchanges that no rule matches; a plain good answer when nil
	Idle        *Idling  `yaml:"idle,omitempty"`
	Strict      bool     `yaml:"strict,omitempty"` // an exchange that no rule matches is journaled as "unscripted"

	source *yaml.Node
	file   string
}

// Endpoint is the state of the address itself. At most one of Refuse, Missing,
// Stale, NoAccept, FillQueue, KillWithQueue, NoDescriptors and PathIs is set.
type Endpoint struct {
	Refuse        bool         `yaml:"refuse,omitempty"`          // nothing listens; for a unix socket the same as Stale
	Missing       bool         `yaml:"missing,omitempty"`         // unix: there is no file at the path
	Stale         bool         `yaml:"stale,omitempty"`           // unix: a file that nobody listens on, as left by a crash
	Mode          *fs.FileMode `yaml:"mode,omitempty"`            // unix: of the socket; 0666 when nil
	Owner         *int         `yaml:"owner,omitempty"`           // unix: user id of the socket
	Group         *int         `yaml:"group,omitempty"`           // unix: group id of the socket
	DirectoryMode *fs.FileMode `yaml:"directory_mode,omitempty"`  // unix: of the socket's directory
	Backlog       *int         `yaml:"backlog,omitempty"`         // length of the accept queue; the kernel lets one more connection in
	NoAccept      bool         `yaml:"no_accept,omitempty"`       // listen and never accept: connections stay in the queue
	FillQueue     bool         `yaml:"fill_queue,omitempty"`      // fill the accept queue with connections of our own, and never accept
	KillWithQueue int          `yaml:"kill_with_queue,omitempty"` // never accept, and close the listener once so many connections with requests lie in the queue
	NoDescriptors bool         `yaml:"no_descriptors,omitempty"`  // accept fails with EMFILE: connections stay in the queue
	PathIs        string       `yaml:"path_is,omitempty"`         // unix: "regular" (a file) or "datagram" (a socket of another type)

	AcceptDelay time.Duration `yaml:"accept_delay,omitempty"` // before each accept; so at most one connection per so long
	Workers     int           `yaml:"workers,omitempty"`      // connections that are served at a time; 0 is no limit
	Waiting     string        `yaml:"waiting,omitempty"`      // where the others wait: "queue" (also when empty) or "accepted"

	TLS           *TLS           `yaml:"tls,omitempty"`            // new connections speak TLS
	ProxyProtocol *ProxyProtocol `yaml:"proxy_protocol,omitempty"` // new connections begin with a PROXY header

	ReceiveBuffer strictyaml.Size `yaml:"receive_buffer,omitempty"` // TCP: SO_RCVBUF of the connections; the kernel doubles it
}

// Rule is a match and what is done where it holds.
type Rule struct {
	Name   string // for the journal; its place in the plan when empty
	Match  Match  // nil always holds
	Times  uint64 // the rule is used up after so many uses; 0 is never
	Script Script

	pos strictyaml.Pos
}

// Idling ends kept-alive connections that lay idle.
type Idling struct {
	After time.Duration `yaml:"after" strict:"required"` // since the end of the last exchange
	Then  Script        `yaml:"then" strict:"required"`  // one step that ends the connection: fin or rst
}

// On makes a rule.
func On(m Match, steps ...Step) Rule { return Rule{Match: m, Script: steps} }

// ParsePlan reads a plan from YAML; the name appears in errors as the file.
func ParsePlan(name string, data []byte) (*Plan, error) {
	if len(data) > MaxPlan {
		return nil, strictyaml.NewError(strictyaml.Pos{File: name, Line: 1, Column: 1}, "the plan has %d bytes, which is above the limit of %d", len(data), MaxPlan)
	}
	node, err := strictyaml.Parse(name, data)
	if err != nil {
		return nil, err
	}
	plan, err := DecodePlan(name, node)
	return plan, strictyaml.Attach(err, data)
}

// DecodePlan reads a plan that is part of a bigger YAML file.
func DecodePlan(file string, node *yaml.Node) (*Plan, error) {
	plan := &Plan{file: file, source: node}
	if err := strictyaml.Decode(file, node, plan); err != nil {
		return nil, err
	}
	return plan, nil
}

// YAML is the plan as it was written, without comments; a plan made in Go has none.
func (p *Plan) YAML() ([]byte, error) {
	if p.source == nil {
		return nil, errors.New("the plan was made in Go: it has no YAML")
	}
	return yaml.Marshal(p.source)
}

// DecodeStrict reads a rule and keeps its place for errors.
func (r *Rule) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	var raw struct {
		Name   string     `yaml:"name"`
		Match  *yaml.Node `yaml:"match"`
		Times  uint64     `yaml:"times"`
		Script Script     `yaml:"script" strict:"required"`
	}
	if err := d.Decode(node, &raw); err != nil {
		return err
	}
	*r = Rule{Name: raw.Name, Times: raw.Times, Script: raw.Script, pos: strictyaml.PosOf(d.File(), node)}
	if raw.Match == nil {
		return nil
	}
	var err error
	r.Match, err = decodeMatch(d, raw.Match)
	return err
}

// DecodeStrict also takes one word for Then.
func (i *Idling) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	var raw struct {
		After time.Duration `yaml:"after" strict:"required"`
		Then  *yaml.Node    `yaml:"then" strict:"required"`
	}
	if err := d.Decode(node, &raw); err != nil {
		return err
	}
	i.After = raw.After
	if raw.Then.Kind == yaml.SequenceNode {
		return d.Decode(raw.Then, &i.Then)
	}
	step, err := decodeStep(d, raw.Then)
	i.Then = Script{located{step, strictyaml.PosOf(d.File(), raw.Then)}}
	return err
}

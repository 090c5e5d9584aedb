package nginx

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// Pass is one *_pass directive: how requests leave nginx.
type Pass struct {
	Directive *Directive
	Protocol  string // "http", "https", "fastcgi", "uwsgi", "scgi", "grpc", "grpcs"
	Prefix    string // of the directives that belong to it: "proxy_", "fastcgi_"
	Host      string // the part behind the scheme that names a peer or a group
	URI       string // that follows it in proxy_pass
	Variable  bool   // holds a variable: the peer is known at run time only
	Network   string // "tcp" or "unix"
	Address   string // "host:port" or a path; empty for a group or a variable
	Group     *Group // nil where the pass names a peer itself
}

var passProtocols = map[string]string{"proxy_pass": "http", "fastcgi_pass": "fastcgi", "uwsgi_pass": "uwsgi",
	"scgi_pass": "scgi", "grpc_pass": "grpc", "memcached_pass": "memcached"}

var defaultPorts = map[string]string{"http": "80", "https": "443", "grpc": "80", "grpcs": "443"}

// Passes returns all *_pass directives, in the order of the configuration.
func (c *Config) Passes() []*Pass { return c.passes }

func (c *Config) findPasses() (all []*Pass) {
	c.Walk(func(d *Directive) {
		if protocol, ok := passProtocols[d.Name]; ok && len(d.Args) > 0 {
			all = append(all, c.pass(d, protocol))
		}
	})
	return all
}

func (c *Config) pass(d *Directive, protocol string) *Pass {
	p := &Pass{Directive: d, Protocol: protocol, Prefix: strings.TrimSuffix(d.Name, "pass")}
	p.Host = d.Arg(0)
	if scheme, rest, ok := strings.Cut(p.Host, "://"); ok {
		p.Protocol, p.Host = strings.ToLower(scheme), rest
	}
	p.Variable = strings.Contains(p.Host, "$")
	if d.Name == "proxy_pass" && !strings.HasPrefix(p.Host, "unix:") {
		if at := strings.IndexByte(p.Host, '/'); at >= 0 {
			p.Host, p.URI = p.Host[:at], p.Host[at:]
		}
	}
	if p.Group = c.Group(p.Host); p.Group == nil && !p.Variable {
		port := defaultPorts[p.Protocol]
		p.Network, p.Address = endpoint(p.Host, port)
	}
	return p
}

// Server returns the server{} around the pass, nil in a fragment.
func (p *Pass) Server() *Directive { return Enclosing(p.Directive.Parent, "server") }

// Place returns the block in which directives of this pass are to be set: its
// location, or server; an if or limit_except takes none of them.
func (p *Pass) Place() *Directive {
	return Enclosing(p.Directive.Parent, "location", "server", "http")
}

// ServerFor returns the server line of the pass's group that has the logged address, or nil.
func (p *Pass) ServerFor(t evidence.Target) *Server {
	if p.Group == nil {
		return nil
	}
	for i, s := range p.Group.Servers {
		if sameAddress(s.Network, s.Address, t) {
			return &p.Group.Servers[i]
		}
	}
	return nil
}

// reaches tells whether the pass can have led to a logged upstream, whose address
// is the group's name where no peer was chosen.
func (p *Pass) reaches(t evidence.Target) bool {
	switch {
	case p.Protocol != t.Protocol:
		return false
	case p.Variable:
		return true
	case p.Group != nil:
		return p.Host == t.Address || p.ServerFor(t) != nil
	}
	return p.Host == t.Address || sameAddress(p.Network, p.Address, t)
}

// PassesTo returns the passes that can have led to an event's upstream, the best
// first: those of the server and location that the request was for. A pass with a
// variable counts only where no other fits.
func (c *Config) PassesTo(e evidence.Event, t evidence.Target) []*Pass {
	var exact, loose []*Pass
	for _, p := range c.Passes() {
		switch {
		case !p.reaches(t):
		case p.Variable:
			loose = append(loose, p)
		default:
			exact = append(exact, p)
		}
	}
	if len(exact) == 0 {
		exact = loose
	}
	return c.bestFirst(e, exact)
}

// UnixPaths returns all unix sockets that the configuration passes to.
func (c *Config) UnixPaths() (paths []string) {
	for _, p := range c.Passes() {
		if p.Network == "unix" && p.Address != "" {
			paths = append(paths, p.Address)
		}
	}
	for _, g := range c.Groups() {
		for _, s := range g.Servers {
			if s.Network == "unix" {
				paths = append(paths, s.Address)
			}
		}
	}
	return paths
}

package nginx

import (
	"net"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// Group is one upstream{} block.
type Group struct {
	Name      string
	Directive *Directive
	Servers   []Server
}

// Server is one server line of a group.
type Server struct {
	Network   string // "tcp" or "unix"
	Address   string // "host:port" or a path
	Directive *Directive
}

// Has tells whether the server line carries a parameter: "down", or "max_fails" for "max_fails=3".
func (s Server) Has(parameter string) bool {
	return s.Parameter(parameter) >= 0
}

// Parameter returns the index of the argument "name" or "name=…", -1 without one.
func (s Server) Parameter(name string) int {
	for i, a := range s.Directive.Args {
		if key, _, _ := strings.Cut(a.Text, "="); i > 0 && key == name {
			return i
		}
	}
	return -1
}

// Groups returns all upstream{} blocks.
func (c *Config) Groups() []Group { return c.groups }

func (c *Config) findGroups() (all []Group) {
	c.Walk(func(d *Directive) {
		if d.Name != "upstream" || !d.IsBlock() {
			return
		}
		g := Group{Name: d.Arg(0), Directive: d}
		for _, child := range d.Children() {
			if child.Name == "server" {
				network, address := endpoint(child.Arg(0), "80")
				g.Servers = append(g.Servers, Server{network, address, child})
			}
		}
		all = append(all, g)
	})
	return all
}

// Group returns the upstream{} block of that name, nil without one.
func (c *Config) Group(name string) *Group {
	for i := range c.groups {
		if c.groups[i].Name == name {
			return &c.groups[i]
		}
	}
	return nil
}

// endpoint reads the address of a server line or of a pass: "unix:/path", "host",
// "host:port", "[::1]:port".
func endpoint(s, port string) (network, address string) {
	if path, ok := strings.CutPrefix(s, "unix:"); ok {
		path, _, _ = strings.Cut(path, ":")
		return "unix", path
	}
	return "tcp", withPort(s, port)
}

func withPort(s, port string) string {
	if _, p, err := net.SplitHostPort(s); err == nil && p != "" {
		return s
	}
	return net.JoinHostPort(strings.Trim(s, "[]"), port)
}

// sameAddress tells whether a configured address can be a logged one: the same,
// or a name with the same port.
func sameAddress(network, configured string, t evidence.Target) bool {
	if network != t.Network {
		return false
	}
	if configured == t.Address {
		return true
	}
	host, port, err := net.SplitHostPort(configured)
	_, logged, err2 := net.SplitHostPort(t.Address)
	return network == "tcp" && err == nil && err2 == nil && port == logged && net.ParseIP(host) == nil
}

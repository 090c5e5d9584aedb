package nginx

import (
	"net"
	"strings"
)

// Listens returns nginx's own listen addresses: "*:80", "127.0.0.1:8080",
// "[::]:80", "unix:/run/x.sock". A server without a listen directive listens on *:80.
func (c *Config) Listens() (all []string) {
	c.Walk(func(d *Directive) {
		if d.Name != "server" || !d.IsBlock() {
			return
		}
		found := false
		for _, l := range d.Children() {
			if l.Name == "listen" && len(l.Args) > 0 {
				all, found = append(all, listenAddress(l.Arg(0))), true
			}
		}
		if !found {
			all = append(all, "*:80")
		}
	})
	return all
}

func listenAddress(s string) string {
	switch {
	case strings.HasPrefix(s, "unix:"):
		return s
	case s != "" && strings.Trim(s, "0123456789") == "":
		return "*:" + s
	case strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]"):
		return s + ":80"
	}
	if _, _, err := net.SplitHostPort(s); err == nil {
		return s
	}
	return s + ":80"
}

// ListensOn tells whether nginx itself listens on a TCP port of an address.
func (c *Config) ListensOn(address string) bool {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	for _, l := range c.Listens() {
		h, p, err := net.SplitHostPort(l)
		if err == nil && p == port && (wildcard(h) || wildcard(host) || h == host) {
			return true
		}
	}
	return false
}

func wildcard(host string) bool {
	return host == "*" || host == "" || host == "0.0.0.0" || host == "::"
}

// ServerAt returns the server{} that nginx chooses for an address of its own and a
// Host header: of those that listen there the one with that name, else the one
// marked default_server, else the first. Nil where none listens, or where a name
// with a wildcard or an expression could be meant.
func (c *Config) ServerAt(address, host string) (chosen *Directive) {
	to, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil
	}
	var first, marked *Directive
	exact, doubtful := false, false
	c.Walk(func(d *Directive) {
		if d.Name != "server" || !d.IsBlock() || !HTTP(d) {
			return
		}
		listens, isDefault, literal := d.listensAt(to, port)
		if !listens || exact && !literal {
			return
		}
		if literal && !exact { // an address of its own goes before a wildcard
			first, marked, chosen, exact = nil, nil, nil, true
		}
		if first == nil {
			first = d
		}
		if isDefault {
			marked = d
		}
		is, maybe := named(d, host)
		if chosen == nil && is {
			chosen = d
		}
		doubtful = doubtful || maybe
	})
	switch {
	case chosen != nil:
		return chosen
	case doubtful:
		return nil
	case marked != nil:
		return marked
	}
	return first
}

func (d *Directive) listensAt(to, port string) (listens, isDefault, literal bool) {
	found := false
	for _, l := range d.Children() {
		if l.Name != "listen" || len(l.Args) == 0 {
			continue
		}
		found = true
		h, p, err := net.SplitHostPort(listenAddress(l.Arg(0)))
		if err != nil || p != port || !(covers(h, to)) {
			continue
		}
		listens, literal = true, literal || !wildcard(h)
		for _, a := range l.Args {
			isDefault = isDefault || a.Text == "default_server" || a.Text == "default"
		}
	}
	return listens || !found && port == "80", isDefault, literal
}

// covers tells whether a listen address takes connections to a loopback address.
func covers(listen, to string) bool {
	if to == "localhost" {
		to = "127.0.0.1"
	}
	if listen == "localhost" {
		listen = "127.0.0.1"
	}
	switch listen {
	case "*", "", "0.0.0.0":
		return !strings.Contains(to, ":")
	case "::":
		return strings.Contains(to, ":")
	}
	return listen == to
}

// named also tells whether a wildcard or an expression may mean the host.
func named(server *Directive, host string) (is, maybe bool) {
	for _, d := range server.Children() {
		if d.Name != "server_name" {
			continue
		}
		for _, a := range d.Args {
			is = is || strings.EqualFold(a.Text, host)
			maybe = maybe || strings.ContainsAny(a.Text, "*~") || strings.HasPrefix(a.Text, ".")
		}
	}
	return is, maybe
}

// ListenAddress reads the address of a listen directive: "8080" is "*:8080".
func ListenAddress(s string) string { return listenAddress(s) }

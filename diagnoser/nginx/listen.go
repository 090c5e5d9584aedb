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

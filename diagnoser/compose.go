package diagnoser

import (
	"regexp"
	"slices"
	"strings"
)

// compose is what a compose file within a text says. Its services are known by the key that they stand
// under; a file that is pasted in part has no key "services:", and is not read.
type compose struct {
	services []*service
	on       bool // within services:
	indent   int  // of the services' names
	section  string
	inner    int // indent of section's entries
}

// service is one service of a compose file.
type service struct {
	name, image    string
	names          []string // container_name, aliases, hostname
	after          []string // depends_on, links
	networks       []string
	published      []mapping
	onHost, within bool // network_mode: host; another mode
}

const servicesMax = 64

var composeKey = regexp.MustCompile(`^(\s*)(?:- +)?["']?([\w.${}-]+)["']?\s*:(?:\s+(\S.*?))?\s*$`)

// line takes the next line of a text.
func (c *compose) line(text string) {
	text = strings.TrimRight(strings.ReplaceAll(text, "\t", "  "), " \r")
	body := strings.TrimLeft(text, " ")
	at := len(text) - len(body)
	switch {
	case body == "" || strings.HasPrefix(body, "#"):
		return
	case strings.HasPrefix(body, "services:"):
		*c = compose{services: c.services, on: true, indent: -1}
		return
	case !c.on || len(c.services) >= servicesMax:
		return
	}
	m := composeKey.FindStringSubmatch(text)
	item := strings.HasPrefix(body, "- ")
	switch {
	case c.indent < 0 && m != nil && !item && m[3] == "":
		c.indent = at
		c.begin(m[2])
	case c.indent < 0 || at < c.indent:
		c.on = false
	case at == c.indent && m != nil && !item && m[3] == "":
		c.begin(m[2])
	case at == c.indent:
		c.on = false
	case m != nil && !item && (c.inner < 0 || at <= c.inner):
		c.inner, c.section = at, m[2]
		c.scalar(m[2], unquoted(m[3]))
	case item:
		c.entry(unquoted(strings.TrimSpace(body[2:])))
	case m != nil:
		c.entry(m[2])
	}
}

func (c *compose) begin(name string) {
	c.services = append(c.services, &service{name: name})
	c.inner, c.section = -1, ""
}

// scalar takes "key: value" of a service.
func (c *compose) scalar(key, value string) {
	s := c.services[len(c.services)-1]
	switch key {
	case "image":
		s.image = value
	case "container_name", "hostname":
		s.names = append(s.names, value)
	case "network_mode":
		s.onHost, s.within = strings.HasPrefix(value, "host"), value != ""
	}
	if list, ok := strings.CutPrefix(value, "["); ok {
		for _, v := range strings.Split(strings.TrimSuffix(list, "]"), ",") {
			c.entry(unquoted(strings.TrimSpace(v)))
		}
	}
}

// entry takes one entry of a list or of a map of a service.
func (c *compose) entry(value string) {
	s := c.services[len(c.services)-1]
	switch c.section {
	case "depends_on":
		if value != "condition" {
			s.after = append(s.after, value)
		}
	case "links":
		name, alias, _ := strings.Cut(value, ":")
		s.after = append(s.after, name)
		if alias != "" {
			s.after = append(s.after, alias)
		}
	case "networks":
		if value != "aliases" && value != "ipv4_address" {
			s.networks = append(s.networks, value)
		}
	case "ports", "expose":
		s.listens(value)
	}
}

// listens takes "8080:80", "127.0.0.1:8080:80/tcp" or "80".
func (s *service) listens(value string) {
	parts := strings.Split(strings.TrimSuffix(strings.TrimSuffix(value, "/tcp"), "/udp"), ":")
	inside := parts[len(parts)-1]
	m := mapping{inside: inside, text: value}
	if len(parts) > 1 {
		m.outside = parts[len(parts)-2]
	}
	s.published = append(s.published, m)
}

func unquoted(s string) string { return strings.Trim(s, `"'`) }

// named finds the service that a host name means, nil without one.
func (c *compose) named(host string) *service {
	for _, s := range c.services {
		if s.name == host || slices.Contains(s.names, host) {
			return s
		}
	}
	return nil
}

// proxy finds the service that is the proxy, nil without one that is plainly it.
func (c *compose) proxy() *service {
	for _, words := range []string{"nginx", "proxy", "haproxy", "httpd", "openresty"} {
		for _, s := range c.services {
			if strings.Contains(strings.ToLower(s.image), words) || strings.Contains(strings.ToLower(s.name), words) {
				return s
			}
		}
	}
	return nil
}

// meet tells whether two services share a network: by name, or the project's own one where neither names any.
func meet(a, b *service) bool {
	if a.within || b.within {
		return a.within == b.within
	}
	if len(a.networks) == 0 || len(b.networks) == 0 {
		return len(a.networks) == len(b.networks) || slices.Contains(append(a.networks, b.networks...), "default")
	}
	return slices.ContainsFunc(a.networks, func(n string) bool { return slices.Contains(b.networks, n) })
}

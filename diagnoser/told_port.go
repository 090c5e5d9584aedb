package diagnoser

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// toldPort judges by what servers, lists of containers and compose files say of ports.
func (in *inquiry) toldPort(g *group) *opinion {
	if !in.blind() {
		return nil
	}
	port := portIn(g.target.Address)
	if m := in.published(port); m != nil && !loopback(g.target.Address) {
		return &opinion{certainty: Likely, weight: 5, check: "ss -ltn in the backend's container", evidence: []Fact{
			fact(fromProcess, "port %s is published on the host for the container's port %s, and the proxy asks the container itself: %s", port, m.inside, m.text)}}
	}
	if o := in.poolElsewhere(g); o != nil {
		return o
	}
	var other *evidence.Bind
	for _, b := range in.binds() {
		switch p := portIn(b.Address); {
		case p == port:
			return nil // the port is right
		case p != "" && !foreignPort(p) && !in.listensItself(p):
			other = &b
		}
	}
	if other == nil {
		return nil
	}
	return &opinion{certainty: Likely, weight: 5, check: "ss -ltnp where the backend runs", evidence: []Fact{
		fact(fromBackend, "a server listens on port %s: %s", portIn(other.Address), other.Text)},
		also: []Alternative{{"backend-down", "it may be another service", listeners(g.target)}}}
}

// poolElsewhere judges by php-fpm's pools: they listen on a socket, or on other ports, and the proxy asks for this port.
func (in *inquiry) poolElsewhere(g *group) *opinion {
	at := ""
	for _, p := range in.told().Pools {
		switch port := portIn(":" + p.Listen[strings.LastIndexByte(p.Listen, ':')+1:]); {
		case p.Listen == "":
		case port == portIn(g.target.Address):
			return nil
		default:
			at = p.Listen
		}
	}
	if at == "" || g.known() && g.target.Protocol != "fastcgi" {
		return nil
	}
	return &opinion{certainty: Likely, weight: 5, check: "grep -r '^listen' /etc/php*", evidence: []Fact{
		fact(fromFile, "php-fpm listens on %s, and the proxy asks %s", at, g.target.Address)}}
}

// foreignPort tells whether a port is that of a service which no proxy of the web passes to.
func foreignPort(port string) bool {
	switch port {
	case "22", "25", "53", "80", "443", "111", "631", "3306", "5432", "6379", "11211", "27017", "5672", "9090", "9100":
		return true
	}
	return false
}

// listensItself tells whether the proxy's configuration listens on a port.
func (in *inquiry) listensItself(port string) bool {
	for _, l := range in.config.Listens() {
		if portIn(l) == port || l == port {
			return true
		}
	}
	return false
}

// mapping publishes a container's port on its host.
type mapping struct{ outside, inside, text string }

var (
	// composePort is "8080:80" in a compose file or behind -p, dockerPort "0.0.0.0:8080->80/tcp" in docker ps.
	composePort = regexp.MustCompile(`(?:^\s*-\s*["']?|-p\s*|--publish[ =])(?:[\d.]+:)?(\d{2,5}):(\d{2,5})(?:/tcp)?["']?(?:\s|$)`)
	dockerPort  = regexp.MustCompile(`:(\d{2,5})->(\d{2,5})/tcp`)
)

// keepMappings remembers the ports that a text publishes.
func (r *Reading) keepMappings(text []byte) {
	for _, re := range []*regexp.Regexp{composePort, dockerPort} {
		for _, m := range re.FindAllSubmatch(text, 16) {
			if len(r.mappings) < 64 {
				r.mappings = append(r.mappings, mapping{string(m[1]), string(m[2]), strings.TrimSpace(string(text[:min(len(text), 120)]))})
			}
		}
	}
}

// published finds a mapping of an outer port to another inner one, where nothing has that port inside.
func (in *inquiry) published(port string) (found *mapping) {
	for i := range in.mappings {
		m := &in.mappings[i]
		if m.inside == port {
			return nil
		}
		if m.outside == port {
			found = m
		}
	}
	return found
}

// publishedNowhere judges a reset on a high loopback port: Docker's proxy takes connections to a published
// port even where nothing listens on the container's, and then resets them.
func (in *inquiry) publishedNowhere(g *group) *opinion {
	n, _ := strconv.Atoi(portIn(g.target.Address))
	if g.Signature != "recv" || g.Errno != 104 || g.Phase != evidence.ReadingHeader || n < 32768 || !loopback(g.target.Address) || !in.blind() || in.probe(g) != nil {
		return nil
	}
	return &opinion{certainty: Likely, weight: 1, check: "docker ps; ss -ltn in the backend's container", evidence: []Fact{
		fact(fromLog, "port %d is one that Docker publishes by itself; its proxy accepts, and resets where the container's port is closed", n)},
		also: []Alternative{{"backend-connection-reset", "the backend may end the connection for a reason of its own", "its log"},
			{"backend-down", "the backend in the container may not be running", "docker ps; docker logs"}}}
}

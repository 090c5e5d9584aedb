package diagnoser

import (
	"net"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = register(rule{
	cause: "wrong-port",
	doc: Doc{
		What:    "The backend runs, but on another port than the one in the configuration: a published port taken for the container's, a default that changed, a second service.",
		Confirm: "ss -ltnp lists the backend's process with its real port; curl -i http://127.0.0.1:PORT/ is answered as the site should be.",
		Mends:   "Write the port on which the backend listens into the *_pass directive or the server line of the upstream{} block, or let the backend listen on the configured one.",
		Hides:   "Nothing hides it: every request fails. A redirect from one port to the other (socat, NAT) leaves the wrong number in the configuration.",
		Source:  "connect(2), ECONNREFUSED",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if o := in.publishedNowhere(g); o != nil {
			return o
		}
		if !g.is(evidence.Connecting, evidence.Refused) || !g.notUnix() {
			return nil
		}
		for _, a := range in.answers(g) {
			if a.sure() || a.open() {
				return portOpinion(in, g, a)
			}
		}
		if o := in.toldPort(g); o != nil {
			return o
		}
		if o := in.composePort(g); o != nil && in.blind() {
			return o
		}
		return guessPort(in, g)
	},
})

// guessPort judges without knowing what listens.
func guessPort(in *inquiry, g *group) *opinion {
	o := &opinion{certainty: Possible, weight: 3, check: "ss -ltnp where the backend runs"}
	host, port, _ := net.SplitHostPort(g.target.Address)
	asked, askedPort, err := net.SplitHostPort(g.Host)
	switch {
	case !in.blind():
		return nil
	case err == nil && asked == host && askedPort != port && (port == "80" || port == "443"): // what $host without its port leads to
		o.evidence = append(o.evidence, fact(fromLog, "the client asked for %s, and the proxy for port %s of the same host", g.Host, port))
		in.hostVariable(o)
	case inContainer(g.target.Address):
		o.evidence = append(o.evidence, fact(fromLog, "%s refused: the container is up, since one that is gone does not answer at all", host))
		o.also = []Alternative{{"backend-binds-loopback", "the backend may listen on its container's 127.0.0.1 only", "ss -ltn in the backend's container"}}
		if !assumedPorts[port] && !in.printedNow(host) {
			o.weight = 1 // somebody chose it: rather the server has not come up
		}
	case !g.known() && in.passName(g) != "" && !strings.Contains(in.passName(g), "."):
		o.evidence = append(o.evidence, fact(fromLog, "%s refused: the container is up, since one that is gone does not answer at all", in.passName(g)))
		o.also = []Alternative{{"backend-binds-loopback", "the backend may listen on its container's 127.0.0.1 only", "ss -ltn in the backend's container"},
			{"stale-upstream-ip", "another container may have the address now", "getent hosts " + in.passName(g)}}
	default:
		return nil
	}
	return o
}

// assumedPorts are those that generators of configurations take where nothing says which one a container has.
var assumedPorts = map[string]bool{"80": true, "443": true, "5000": true}

// printedNow tells whether a command printed the address as a name's or a container's: it is up.
func (in *inquiry) printedNow(host string) bool { return slices.Contains(in.printed, netipOf(host)) }

// hostVariable looks for a pass to $host, which is the Host header without its port.
func (in *inquiry) hostVariable(o *opinion) {
	for _, p := range in.config.Passes() {
		if p.Variable && (p.Host == "$host" || p.Host == "${host}") {
			o.certainty, o.where = Likely, in.where(p.Directive)
			o.evidence = append(o.evidence, in.configFact(p.Directive, "%s: $host is without the port, $http_host has it", p.Directive.Text()))
		}
	}
}

func portOpinion(in *inquiry, g *group, a answer) *opinion {
	_, port, _ := net.SplitHostPort(a.Address)
	o := &opinion{certainty: Possible, check: "ss -ltnp", evidence: []Fact{
		fact(fromSocket, "nothing listens on %s", g.target.Address),
		fact(fromSocket, "%s listens and no configuration names it", describe(a.Listener)),
	}}
	if a.probe != nil {
		o.evidence = append(o.evidence, probeFact(a.probe))
	}
	if a.sure() {
		o.certainty, o.weight = Likely, 3
	}
	for _, other := range in.answers(g) {
		if other.Address != a.Address && other.sure() {
			o.against = append(o.against, fact(fromProbe, "%s answers as well", describe(other.Listener)))
		}
	}
	if g.pass != nil {
		o.where, o.remedies = in.readdress(g, withPort(g.target.Address, port), port)
	} else {
		o.where, o.remedies = in.readdressElsewhere(g, withPort(g.target.Address, port), port)
	}
	return o
}

func withPort(address, port string) string {
	host, _, _ := net.SplitHostPort(address)
	return net.JoinHostPort(host, port)
}

// readdress proposes to write another address where the configuration names that
// of a group's target: in the pass, or in the server line of its upstream{} block.
func (in *inquiry) readdress(g *group, address, short string) (*Where, []Remedy) {
	d, old := g.pass.Directive, g.pass.Host
	if s := g.pass.ServerFor(g.target); s != nil {
		d, old = s.Directive, s.Directive.Arg(0)
	}
	if g.pass.Variable || old == "" {
		return in.where(d), nil
	}
	raw := in.config.Text(d.File)[d.Args[0].Start:d.Args[0].End]
	edit := in.config.ReplaceArg(d, 0, strings.Replace(raw, old, readdressed(old, address), 1))
	summary := "let " + d.Name + " point to " + short
	return in.where(d), in.edit(summary, []nginx.Edit{edit}...)
}

// readdressed keeps what the configuration calls the host: only the port changes.
func readdressed(old, address string) string {
	if path, ok := strings.CutPrefix(address, "/"); ok {
		if _, uri, found := strings.Cut(strings.TrimPrefix(old, "unix:"), ":"); found {
			return "unix:/" + path + ":" + uri
		}
		return "unix:/" + path
	}
	host, _, err := net.SplitHostPort(old)
	if err != nil {
		host = strings.Trim(old, "[]")
	}
	_, port, _ := net.SplitHostPort(address)
	return net.JoinHostPort(host, port)
}

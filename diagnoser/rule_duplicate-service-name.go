package diagnoser

import (
	"slices"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "duplicate-service-name",
	doc: Doc{
		What:    "One name, or alias, resolves to several containers, and not all of them are the backend: two projects share a network and call a service alike. The proxy takes their addresses in turn.",
		Confirm: "getent ahosts NAME in the proxy's container lists more than one address; docker network inspect NETWORK names the containers behind them.",
		Mends:   "Names that are unique on the shared network: container_name, an alias of its own, or the project's prefix in the proxy's configuration.",
		Hides:   "A reload, until the order of the addresses is the wrong one again.",
		Source:  "Docker's embedded DNS; ngx_http_upstream_init_round_robin",
	},
	judge: func(in *inquiry, g *group) *opinion {
		name := in.passName(g)
		if g.Outcome == "" && stderrKind(g.Message) == "" {
			return nil
		}
		if o := in.sharedAddress(g); name == "" {
			return o
		}
		for _, n := range in.told().Names {
			if n.Name == name && containerAddresses(n.Addresses) > 1 {
				return &opinion{certainty: Likely, weight: 5, check: "docker network inspect of the shared network", evidence: []Fact{
					fact(fromProcess, "%s resolves to %s", name, strings.Join(n.Addresses, ", "))}}
			}
		}
		if others := in.otherAddresses(g); len(others) > 0 {
			return &opinion{certainty: Possible, check: "getent ahosts " + name, evidence: []Fact{
				fact(fromLog, "%s led to %s as well", name, strings.Join(others, ", "))}}
		}
		return nil
	},
})

// sharedAddress judges without a configuration: a name that resolves to several containers, of
// which the one in the log is one.
func (in *inquiry) sharedAddress(g *group) *opinion {
	for _, n := range in.told().Names {
		if containerAddresses(n.Addresses) > 1 && slices.Contains(n.Addresses, hostOf(g.target.Address)) {
			return &opinion{certainty: Likely, weight: 4, check: "docker network inspect of the shared network", evidence: []Fact{
				fact(fromProcess, "%s resolves to %s", n.Name, strings.Join(n.Addresses, ", "))}}
		}
	}
	return nil
}

// passName is the one name to which a group's pass, without an upstream{} block, leads.
func (in *inquiry) passName(g *group) string {
	p := in.passFor(g)
	if p == nil || p.Variable {
		return ""
	}
	name := p.Host
	if p.Group != nil {
		if len(p.Group.Servers) != 1 {
			return ""
		}
		name = p.Group.Servers[0].Address
	}
	if name = hostOf(name); netipOf(name).IsValid() || name == "localhost" || strings.Contains(name, "/") {
		return ""
	}
	return name
}

func containerAddresses(list []string) (n int) {
	for _, a := range list {
		if inContainer(a + ":1") {
			n++
		}
	}
	return n
}

// otherAddresses are further addresses to which the same pass led.
func (in *inquiry) otherAddresses(g *group) (others []string) {
	for _, e := range in.groups.list {
		if e.pass != nil && e.pass == g.pass && e.tcp() && e.target.Address != g.target.Address && inContainer(e.target.Address) &&
			e.Phase != evidence.Connecting && !slices.Contains(others, e.target.Address) {
			others = append(others, e.target.Address)
		}
	}
	return others
}

package diagnoser

import (
	"net"
	"strings"
)

var _ = register(rule{
	cause: "proxy-loop",
	doc: Doc{
		What:    "The proxy passes requests to itself: the upstream's address is one on which it listens. Each request becomes many, until descriptors or connections run out.",
		Confirm: "ss -ltnp for the upstream's port shows nginx; the access log shows the same request over and over.",
		Mends:   "The backend's real address in the pass; the server_name that should have caught the request.",
		Hides:   "Higher limits let the loop turn longer.",
		Source:  "ngx_http_upstream_connect; RFC 9110 section 7.6.3",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if o := loopsByLog(g); o != nil {
			return o
		}
		if !in.toItself(g) {
			return nil
		}
		o := &opinion{certainty: Likely, weight: 5, check: "ss -ltnp", evidence: []Fact{
			fact(fromConfig, "the proxy itself listens on %s", g.target.Address)}}
		if g.pass != nil {
			o.evidence[0] = in.configFact(g.pass.Directive, "%s leads to %s, where the proxy itself listens", g.pass.Directive.Text(), g.target.Address)
		}
		if l := in.listener(g.target); l != nil && in.ownedByProxy(*l) {
			o.certainty = in.proof()
			o.evidence = append(o.evidence, fact(fromSocket, "%s listens there", describe(*l)))
		}
		in.leadOut(o, g)
		return o
	},
})

// toItself tells whether the proxy listens at the address to which it passes a request.
func (in *inquiry) toItself(g *group) bool {
	return g.tcp() && g.Outcome != "" && in.local(g.target) && in.config.ListensOn(g.target.Address)
}

// leadOut proposes the one listener that gave what was asked for and that no configuration names.
func (in *inquiry) leadOut(o *opinion, g *group) {
	all := in.answers(g)
	if len(all) == 0 || !all[0].sure() || g.pass == nil {
		return
	}
	if len(all) > 1 && all[1].sure() {
		o.also = append(o.also, Alternative{"wrong-port", describe(all[1].Listener) + " answers as well", "ss -ltnp"})
		return
	}
	o.evidence = append(o.evidence, fact(fromSocket, "%s listens and no configuration names it", describe(all[0].Listener)), probeFact(all[0].probe))
	o.where, o.remedies = in.readdress(g, withPort(g.target.Address, portIn(all[0].Address)), portIn(all[0].Address))
}

// loopsByLog judges by the log alone: connections run out, and the proxy's own host is
// the client of what it passes to itself on a port of web servers.
func loopsByLog(g *group) *opinion {
	_, port, _ := strings.Cut(g.target.Address, ":")
	if g.Signature != "worker connections" || !loopback(g.target.Address) || !loopback(net.JoinHostPort(g.Client, "1")) || port != "80" && port != "443" {
		return nil
	}
	return &opinion{certainty: Likely, weight: 2, check: "ss -ltnp 'sport = :" + port + "'", evidence: []Fact{
		fact(fromLog, "the client is %s, this host, and the request goes to %s: each turn of the loop takes two connections", g.Client, g.target.Address)}}
}

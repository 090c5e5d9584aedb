package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "ipv6-unreachable",
	doc: Doc{
		What:    "The backend's name has an IPv6 address, and the proxy's host has no IPv6: no address of its own (errno 99), no route (101).",
		Confirm: "The upstream in the log is in brackets; ip -6 route get ADDRESS fails; getent ahosts NAME lists both families.",
		Mends:   "Name the IPv4 address; resolver … ipv6=off where names are resolved at run time; or give the host IPv6.",
		Hides:   "A second address of the name: every other request fails first.",
		Source:  "ipv6(7); RFC 6724",
	},
	judge: func(in *inquiry, g *group) *opinion {
		v6 := g.errno(99, 101, 97) || g.Outcome == evidence.Unreachable
		if g.Phase != evidence.Connecting || !v6 || !g.tcp() || !strings.HasPrefix(g.target.Address, "[") {
			return nil
		}
		o := &opinion{certainty: Likely, weight: 1, check: "ip -6 route get " + hostOf(g.target.Address)}
		in.sameOnFour(g, o)
		in.askedForSix(g, o)
		return o
	},
})

// askedForSix looks whether the address came from a resolver that is asked for both families.
func (in *inquiry) askedForSix(g *group, o *opinion) {
	d := in.resolverOf(g)
	if d == nil || g.pass == nil || !g.pass.Variable || hasParameter(d, "ipv6") {
		return
	}
	o.where, o.weight = in.where(d), 4
	o.evidence = append(o.evidence, in.configFact(d, "%s: AAAA records are asked for as well", d.Text()))
	if r := in.route(g.target); r != nil && r.Kind == "none" {
		o.certainty = in.proof()
		o.evidence = append(o.evidence, fact(fromKernel, "there is no route to %s", g.target.Address))
	}
	o.remedies = in.edit("ask for IPv4 addresses only", in.config.AppendArg(d, "ipv6=off"))
}

// sameOnFour looks whether the backend of an IPv6 loopback address listens on 127.0.0.1: the host has no IPv6, so that
// this is all that it can do.
func (in *inquiry) sameOnFour(g *group, o *opinion) {
	port, ok := strings.CutPrefix(g.target.Address, "[::1]:")
	if !ok || in.blind() || g.pass == nil || g.pass.Variable {
		return
	}
	four := evidence.Target{Protocol: g.target.Protocol, Network: "tcp", Address: "127.0.0.1:" + port}
	l := in.listener(four)
	if l == nil || in.listener(g.target) != nil || in.ownedByProxy(*l) {
		return
	}
	d := g.pass.Directive
	if s := g.pass.ServerFor(g.target); s != nil {
		d = s.Directive
	}
	raw := in.config.Text(d.File)[d.Args[0].Start:d.Args[0].End]
	now := strings.Replace(raw, g.target.Address, four.Address, 1)
	if now == raw {
		return
	}
	o.certainty, o.weight, o.where = Proved, 4, in.where(d)
	o.evidence = append(o.evidence, fact(fromLog, "connect(2) itself failed: this host has no address of that family"), fact(fromSocket, "%s listens", describe(*l)))
	o.remedies = in.edit("name the backend's IPv4 address", in.config.ReplaceArg(d, 0, now))
}

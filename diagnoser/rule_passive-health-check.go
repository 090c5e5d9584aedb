package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = register(rule{
	cause: "passive-health-check",
	doc: Doc{
		What: "The proxy set the backend aside after a failure and does not try it for a while, although it is up: max_fails=1 within fail_timeout=10s in nginx, retry=60 in Apache. " +
			"nginx does so only in a group of more than one server, of which one may be marked down, or be the second address of localhost.",
		Confirm: "The backend answers past the proxy while the proxy says no live upstreams; the log has one failure just before.",
		Mends:   "max_fails=0 on the servers of a group that has one usable server; remove a server that is always down; Apache: retry=0.",
		Hides:   "A shorter fail_timeout, or a reload, which forgets the failure until the next.",
		Source:  "ngx_http_upstream_get_peer, ngx_http_upstream_round_robin.c; mod_proxy, retry",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Outcome != evidence.NoneLive {
			return nil
		}
		up := in.soleGroup(g)
		if up == nil {
			return nil
		}
		usable := usableServers(up)
		down, ejecting := len(up.Servers)-len(usable), in.ejecting(g, up)
		if len(usable) != 1 || down == 0 || in.blind() && len(ejecting) > 0 {
			return nil
		}
		s, left := usable[0], &nginx.Group{Directive: up.Directive, Name: up.Name, Servers: usable}
		if i := s.Parameter("max_fails"); i >= 0 && strings.HasSuffix(s.Directive.Arg(i), "=0") {
			return nil
		}
		o := &opinion{certainty: Likely, weight: 3, check: "curl past the proxy; the log in the seconds before", where: in.where(s.Directive),
			evidence: []Fact{in.configFact(s.Directive, "%s is the only usable server of %q: one failure sets it aside for fail_timeout", s.Directive.Arg(0), up.Name),
				in.configFact(up.Directive, "with a single server nginx would never do so, but %d more stand in the group, marked down", down)},
			remedies: in.edit("do not set the only usable server aside", patient(in.config, left)...)}
		if !in.blind() && !in.setAsideAlive(g, left, ejecting, o) {
			return nil
		}
		return o
	},
})

// setAsideAlive tells whether the only usable server of a group answers again, after failures of a kind
// that is over then: what the proxy does not try would serve.
func (in *inquiry) setAsideAlive(g *group, left *nginx.Group, ejecting []*group, o *opinion) bool {
	if len(ejecting) == 0 || !blips(ejecting) || !in.alive(g, left, o) {
		return false
	}
	for _, e := range ejecting {
		f := logFact(e)
		f.Text = e.target.String() + " before: " + f.Text
		o.evidence = append(o.evidence, f)
	}
	o.certainty, o.explained = Proved, ejecting
	return true
}

// soleGroup is the upstream{} of an event, or the only one where the record names none.
func (in *inquiry) soleGroup(g *group) *nginx.Group {
	if up := in.config.Group(g.target.Address); up != nil {
		return up
	}
	if all := in.config.Groups(); !g.known() && len(all) == 1 {
		return &all[0]
	}
	return nil
}

// usableServers are the servers of a group that are not marked down.
func usableServers(up *nginx.Group) (list []nginx.Server) {
	for _, s := range up.Servers {
		if !s.Has("down") {
			list = append(list, s)
		}
	}
	return list
}

package diagnoser

import (
	"fmt"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = register(rule{
	cause: "no-live-upstreams",
	doc: Doc{
		What: "Every server of the upstream group is set aside: each failed max_fails times (1) within fail_timeout (10s), is marked down, or has max_conns connections. " +
			"nginx then answers 502 without trying, even when the servers are up again. It is a consequence: the errors before it are the cause.",
		Confirm: "The log before the first of these lines, within fail_timeout; the server lines of the group; curl to each server.",
		Mends:   "What made the servers fail. Where a blip of a few requests takes a whole group out, max_fails=0 on its servers; remove down from servers that are to serve.",
		Hides:   "A shorter fail_timeout. Reloading the proxy forgets the failures until the next.",
		Source:  "ngx_http_upstream_get_round_robin_peer, NGX_BUSY",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Outcome != evidence.NoneLive {
			return nil
		}
		up := in.config.Group(g.target.Address)
		ejecting := in.ejecting(g, up)
		o := &opinion{certainty: Possible, check: "the log in the seconds before; curl to each server", consequence: len(ejecting) > 0 || in.blind() && in.failsToo(g)}
		for _, e := range ejecting {
			f := logFact(e)
			f.Text = e.target.String() + " before: " + f.Text
			o.evidence = append(o.evidence, f)
		}
		if len(ejecting) == 0 && in.blind() {
			o.also = []Alternative{{"backend-down", "its servers may all be down", "curl to each server"},
				{"passive-health-check", "single failures may have set them aside for fail_timeout", "the log in the seconds before"}}
		}
		if up == nil {
			return o
		}
		o.where = in.where(up.Directive)
		down := downServers(up)
		if len(down) < len(up.Servers) {
			down = nil
		}
		in.judgeGroup(g, up, ejecting, down, o)
		return o
	},
})

func (in *inquiry) judgeGroup(g *group, up *nginx.Group, ejecting []*group, down []nginx.Server, o *opinion) {
	alive := in.alive(g, up, o)
	switch {
	case len(down) > 0:
		o.certainty, o.consequence = Proved, false
		o.evidence = append(o.evidence, in.configFact(up.Directive, "every server of upstream %q is marked down", up.Name))
		if alive {
			o.remedies = in.edit("let the servers of "+up.Name+" serve", undown(in.config, down)...)
		}
	case alive && len(ejecting) > 0 && blips(ejecting):
		o.certainty, o.consequence, o.explained = Proved, false, ejecting
		o.evidence = append(o.evidence, fact(fromProbe, "all servers of the group are up again; they had been set aside for fail_timeout"))
		o.remedies = in.edit("do not set servers of "+up.Name+" aside for single failures", patient(in.config, up)...)
	case alive:
		o.certainty = Likely
	}
}

// ejecting returns the earlier failures of the group's servers.
func (in *inquiry) ejecting(g *group, up *nginx.Group) (found []*group) {
	for _, e := range in.groups.list {
		if e == g || e.Outcome == "" || e.Outcome == evidence.NoneLive || !e.known() || e.Line > g.Line && e.log == g.log {
			continue
		}
		switch {
		case up != nil && memberOf(up, e.target):
			found = append(found, e)
		case up == nil && len(in.config.Groups()) == 0 && e.Server == g.Server && e.target.Protocol == g.target.Protocol:
			found = append(found, e)
		}
	}
	return found
}

// failsToo tells whether a backend of the same server failed at any time: where the log was
// cut, the failures that set the group aside can stand behind.
func (in *inquiry) failsToo(g *group) bool {
	for _, e := range in.groups.list {
		if e.Outcome != "" && e.Outcome != evidence.NoneLive && e.known() && e.Server == g.Server {
			return true
		}
	}
	return false
}

func memberOf(up *nginx.Group, t evidence.Target) bool {
	p := nginx.Pass{Group: up}
	return p.ServerFor(t) != nil
}

// blips tells whether the failures are of a kind that is over when the server
// answers again: no answer that came too late or could not be used.
func blips(ejecting []*group) bool {
	for _, e := range ejecting {
		passing := e.Phase == evidence.Connecting || e.Outcome == evidence.ClosedEarly || e.Outcome == evidence.Reset
		if !passing {
			return false
		}
	}
	return true
}

// alive tells whether every server of a group listens or answers, and says so.
func (in *inquiry) alive(g *group, up *nginx.Group, o *opinion) bool {
	all := len(up.Servers) > 0
	for _, s := range up.Servers {
		t := evidence.Target{Protocol: g.target.Protocol, Network: s.Network, Address: ipOf(s.Address)}
		if l := in.listener(t); l != nil {
			o.evidence = append(o.evidence, fact(fromSocket, "%s listens", describe(*l)))
		}
		p := in.probe(&group{target: evidence.Target{Protocol: t.Protocol, Network: t.Network, Address: s.Address}, uri: g.uri})
		if p == nil {
			p = in.probe(&group{target: t, uri: g.uri})
		}
		switch {
		case probed(p, evidence.OK):
			o.evidence = append(o.evidence, probeFact(p))
		case p != nil:
			o.against = append(o.against, probeFact(p))
			all = false
		default:
			all = false
		}
	}
	return all
}

func downServers(up *nginx.Group) (down []nginx.Server) {
	for _, s := range up.Servers {
		if s.Has("down") {
			down = append(down, s)
		}
	}
	return down
}

// undown removes the parameter down with the space before it.
func undown(c *nginx.Config, down []nginx.Server) (edits []nginx.Edit) {
	for _, s := range down {
		i := s.Parameter("down")
		d := s.Directive
		start := d.Args[i-1].End
		edits = append(edits, nginx.Edit{File: d.File, Offset: start, Old: c.Text(d.File)[start:d.Args[i].End]})
	}
	return edits
}

// patient sets max_fails=0 on every server line.
func patient(c *nginx.Config, up *nginx.Group) (edits []nginx.Edit) {
	for _, s := range up.Servers {
		if i := s.Parameter("max_fails"); i < 0 {
			edits = append(edits, c.AppendArg(s.Directive, "max_fails=0"))
		} else if !strings.HasSuffix(s.Directive.Arg(i), "=0") {
			edits = append(edits, c.ReplaceArg(s.Directive, i, fmt.Sprint("max_fails=", 0)))
		}
	}
	return edits
}

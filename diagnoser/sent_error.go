package diagnoser

import (
	"fmt"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// sentError judges a 502 or 504 that the upstream itself sent: it runs, and what it needs behind it does not. The
// proxy passes it on, has an error page in its place, or may ask another server.
func (in *inquiry) sentError(g *group) *opinion {
	o := &opinion{certainty: Likely, weight: 1, check: "curl -i past the proxy: who signs the page (Server, Via)?"}
	p := in.probe(g)
	switch {
	case p == nil:
	case p.Outcome == evidence.OK && p.Status == g.Status:
		o.certainty = Proved
		o.evidence = append(o.evidence, probeFact(p))
	default:
		o.against = append(o.against, probeFact(p))
	}
	if g.pass == nil {
		return o
	}
	in.intercepted(g, o)
	in.unasked(g, o)
	return o
}

// intercepted adds that clients see a page of the proxy in place of what the upstream said.
func (in *inquiry) intercepted(g *group, o *opinion) {
	place := g.pass.Directive.Parent
	d := in.config.Effective(place, g.pass.Prefix+"intercept_errors")
	if d == nil || d.Arg(0) != "on" {
		return
	}
	if page := in.errorPage(place, g.Status); page != nil {
		o.evidence = append(o.evidence, in.configFact(d, "%s: clients do not see what the upstream said of its failure", d.Text()),
			in.configFact(page, "%s", page.Text()))
	}
}

// errorPage returns the error_page that holds for a status at a place, nil without one.
func (r *Reading) errorPage(place *nginx.Directive, status int) *nginx.Directive {
	for _, d := range r.config.EffectiveAll(place, "error_page") {
		for _, a := range d.Args {
			if a.Text == fmt.Sprint(status) {
				return d
			}
		}
	}
	return nil
}

// unasked adds servers of the group that answer well and were not asked, since the status is no reason to ask the
// next one, and proposes to make it one. It hides the cause.
func (in *inquiry) unasked(g *group, o *opinion) {
	conditions, d := in.nextUpstream(g.pass)
	reason := fmt.Sprintf("http_%d", g.Status)
	name := g.pass.Prefix + "next_upstream"
	if g.pass.Group == nil || slices.Contains(conditions, reason) || name == "fastcgi_next_upstream" {
		return
	}
	well := in.wellServers(g)
	if len(well) == 0 {
		return
	}
	if d != nil {
		o.evidence = append(o.evidence, in.configFact(d, "%s has no %s", d.Text(), reason))
	} else {
		o.evidence = append(o.evidence, in.configFact(g.pass.Directive, "%s is not set: error timeout, and not %s", name, reason))
	}
	o.evidence = append(o.evidence, well...)
	conditions = slices.DeleteFunc(slices.Clone(conditions), func(c string) bool { return c == "off" })
	o.remedies = mitigates(in.edit("ask the next server when one answers "+fmt.Sprint(g.Status),
		in.config.Set(g.pass.Place(), g.pass.Directive, name, strings.Join(append(conditions, reason), " ")))...)
	o.remedies = append(o.remedies, adviceFor("app-dependency-down", g)...)
}

// wellServers says which other servers of the group answer the same request well.
func (in *inquiry) wellServers(g *group) (all []Fact) {
	for _, s := range g.pass.Group.Servers {
		t := evidence.Target{Protocol: g.target.Protocol, Network: s.Network, Address: s.Address}
		p := in.probe(&group{target: t, uri: g.uri})
		if t == g.target || s.Has("down") || !probed(p, evidence.OK) || p.Status >= 500 {
			continue
		}
		kind := "another server of the group"
		if s.Has("backup") {
			kind = "the backup server"
		}
		f := probeFact(p)
		f.Text = kind + ": " + f.Text
		all = append(all, f)
	}
	return all
}

package diagnoser

import (
	"fmt"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// nextUpstream returns the conditions on which a pass asks another server, and the directive that sets them, nil
// for the default: error and timeout (ngx_http_proxy_merge_loc_conf and its kin).
func (r *Reading) nextUpstream(p *nginx.Pass) (conditions []string, d *nginx.Directive) {
	d = r.config.Effective(p.Directive.Parent, p.Prefix+"next_upstream")
	if d == nil {
		return []string{"error", "timeout"}, nil
	}
	for _, a := range d.Args {
		conditions = append(conditions, a.Text)
	}
	return conditions, d
}

// alsoLate lists the other servers of the pass at which the same connections' requests were late.
func (in *inquiry) alsoLate(g *group) (all []*group) {
	for _, o := range in.groups.list {
		if o != g && o.pass == g.pass && o.late() && o.target != g.target && sharesConn(o, g) {
			all = append(all, o)
		}
	}
	return all
}

func sharesConn(a, b *group) bool {
	for c := range a.conns {
		if b.conns[c] {
			return true
		}
	}
	return false
}

// targetsOf lists the addresses of groups, in words.
func targetsOf(list []*group) string {
	var all []string
	for _, g := range list {
		if !slices.Contains(all, g.target.Address) {
			all = append(all, g.target.Address)
		}
	}
	return strings.Join(all, " and ")
}

// repeated adds to an opinion about a late answer that the request was passed on from one late server to the
// next: each has the same work to do, and the client waits for the sum of the timeouts.
func (in *inquiry) repeated(g *group, o *opinion) {
	if g.pass == nil {
		return
	}
	limit, _ := in.timeout(g.pass, "read_timeout")
	others := in.alsoLate(g)
	conditions, d := in.nextUpstream(g.pass)
	if len(others) == 0 || !slices.Contains(conditions, "timeout") {
		return
	}
	o.evidence = append(o.evidence, fact(fromLog, "the same request was late at %s too: the client waited %d times %s, and each server had the work",
		targetsOf(others), len(others)+1, round(limit)))
	if o.certainty == Proved {
		o.explained = slices.DeleteFunc(others, func(other *group) bool {
			p := in.probe(other)
			return other.Line < g.Line || !probed(p, evidence.OK) || p.HeaderAfter <= limit
		})
	}
	name := g.pass.Prefix + "next_upstream"
	if d == nil {
		o.evidence = append(o.evidence, in.configFact(g.pass.Directive, "%s is not set: error timeout", name))
	} else {
		o.evidence = append(o.evidence, in.configFact(d, "%s", d.Text()))
	}
	conditions = slices.DeleteFunc(slices.Clone(conditions), func(c string) bool { return c == "timeout" })
	if len(conditions) == 0 {
		conditions = []string{"off"}
	}
	if len(o.remedies) > 0 {
		o.remedies = append(o.remedies, mitigates(in.edit(fmt.Sprintf("ask no other server when one was late: the client waits %s once", round(limit)),
			in.config.Set(g.pass.Place(), g.pass.Directive, name, strings.Join(conditions, " ")))...)...)
	}
}

// forbidden adds that the group has other servers, and that the configuration forbids to ask them: so clients see
// what one server alone does.
func (in *inquiry) forbidden(g *group, o *opinion) {
	if g.pass == nil || g.pass.Group == nil || len(usableServers(g.pass.Group)) < 2 {
		return
	}
	if conditions, d := in.nextUpstream(g.pass); d != nil && !slices.Contains(conditions, "error") {
		o.evidence = append(o.evidence, in.configFact(d, "%s: no other server of %q is asked", d.Text(), g.pass.Group.Name))
	}
}

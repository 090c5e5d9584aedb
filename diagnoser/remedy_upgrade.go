package diagnoser

import (
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// upgradeVariable is a variable that says "upgrade" where the client asks for one, and what is better for all
// other requests: that of a map that is there already, or of one that the edits add in front of the pass's server.
// Without a server around it, as in a fragment, there is no place for a map.
func (in *inquiry) upgradeVariable(p *nginx.Pass) (variable string, edits []nginx.Edit) {
	for _, d := range in.config.Named("map") {
		if d.Arg(0) == "$http_upgrade" && d.Arg(1) != "" {
			return d.Arg(1), nil
		}
	}
	server := p.Server()
	if server == nil {
		return "", nil
	}
	others := "close"
	if p.Group != nil && p.Group.Directive.Child("keepalive") != nil {
		others = `""`
	}
	return "$connection_upgrade", []nginx.Edit{in.config.InsertBefore(server, `map $http_upgrade $connection_upgrade { default upgrade; "" `+others+`; }`)}
}

// passUpgrade proposes to pass the request for an upgrade on, and only that.
func (in *inquiry) passUpgrade(p *nginx.Pass) []Remedy {
	variable, edits := in.upgradeVariable(p)
	if variable == "" {
		variable = `"upgrade"`
	}
	place, anchor := p.Place(), p.Directive
	if outer := in.config.EffectiveAll(p.Directive.Parent, "proxy_set_header"); len(outer) > 0 { // one in the location would end the inheritance
		place, anchor = outer[0].Parent, outer[len(outer)-1]
	}
	for _, set := range [][2]string{{"proxy_set_header Connection", variable}, {"proxy_set_header Upgrade", "$http_upgrade"}, {"proxy_http_version", "1.1"}} {
		edits = append(edits, in.config.Set(place, anchor, set[0], set[1]))
	}
	return in.edit("pass the upgrade on", edits...)
}

// upgradeWhereAsked proposes that the header Connection follows the client's wish.
func (in *inquiry) upgradeWhereAsked(p *nginx.Pass, d *nginx.Directive) []Remedy {
	variable, edits := in.upgradeVariable(p)
	if variable == "" {
		return nil
	}
	return in.edit("ask for an upgrade only where the client does", append(edits, in.config.ReplaceArg(d, 1, variable))...)
}

// askUpgrades asks backends that ended a request at a websocket's path as a browser does.
func (in *inquiry) askUpgrades() (all []evidence.Question) {
	for _, g := range in.groups.list {
		web := g.target.Protocol == "http" || g.target.Protocol == "https"
		if g.Outcome == "" || g.Phase != evidence.ReadingHeader || g.pass == nil || !g.known() || !web || !webSocketPath(g) || in.toItself(g) {
			continue
		}
		q := in.question(g, g.target)
		q.Upgrade, q.Idle, q.Within = true, false, 0
		all = append(all, q)
	}
	return all
}

// upgraded is the direct probe of a group's backend that asked to become a websocket; nil without one.
func (in *inquiry) upgraded(g *group) *evidence.Probe {
	for i, p := range in.probes {
		if p.Upgrade && p.Target == g.target {
			return &in.probes[i]
		}
	}
	return nil
}

package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = register(rule{
	cause: "connection-upgrade-header",
	doc: Doc{
		What:    `The configuration sends "Connection: upgrade" with every request, websocket or not. Some servers take a request without an Upgrade header for broken, or wait for an upgrade that never comes.`,
		Confirm: "curl -H 'Connection: upgrade' past the proxy fails, and without that header it succeeds.",
		Mends:   `A map: map $http_upgrade $connection_upgrade { default upgrade; "" ""; } and proxy_set_header Connection $connection_upgrade.`,
		Hides:   "A location of its own for the websocket leaves the others as they are only if the header is not inherited there.",
		Source:  "RFC 9110 section 7.6.1 and 7.8; ngx_http_proxy_module, WebSocket proxying",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if webSocketPath(g) || !(lateOrDead(g) || g.Outcome == evidence.Invalid) {
			return nil
		}
		p := in.passFor(g)
		if p == nil {
			return in.upgradesQuoted(g)
		}
		d := in.alwaysUpgrades(p)
		if d == nil {
			return nil
		}
		o := &opinion{certainty: Possible, weight: 1, check: "curl -H 'Connection: upgrade' past the proxy, and without", where: in.where(d), evidence: []Fact{
			in.configFact(d, "%s: every request asks for an upgrade", d.Text())}}
		if g.died() && g.Phase == evidence.ReadingHeader {
			o.certainty, o.weight = Likely, 2
		}
		if q := in.probe(g); probed(q, evidence.OK) { // which asks for no upgrade
			o.weight++
			o.evidence = append(o.evidence, probeFact(q))
		}
		o.remedies = in.upgradeWhereAsked(p, d)
		return o
	},
})

// upgradesQuoted judges by lines of a configuration that were quoted without their pass, of a backend that the record does not name.
func (in *inquiry) upgradesQuoted(g *group) *opinion {
	if g.known() || !g.died() || len(in.config.Passes()) > 0 {
		return nil
	}
	for _, d := range in.config.Named("proxy_set_header") {
		if asksUpgrade(d) {
			return &opinion{certainty: Likely, weight: 2, check: "curl -H 'Connection: upgrade' past the proxy, and without", where: in.where(d), evidence: []Fact{
				in.configFact(d, "%s: every request asks for an upgrade", d.Text())}}
		}
	}
	return nil
}

// alwaysUpgrades returns the directive that sends Connection: upgrade whatever the client asked.
func (in *inquiry) alwaysUpgrades(p *nginx.Pass) *nginx.Directive {
	for _, d := range in.config.EffectiveAll(p.Directive.Parent, "proxy_set_header") {
		if asksUpgrade(d) {
			return d
		}
	}
	return nil
}

func asksUpgrade(d *nginx.Directive) bool {
	return strings.EqualFold(d.Arg(0), "Connection") && strings.EqualFold(d.Arg(1), "upgrade")
}

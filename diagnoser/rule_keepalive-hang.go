package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = register(rule{
	cause: "keepalive-hang",
	doc: Doc{
		What:    "The backend mishandles connections that are kept alive: it answers the first request and never reads the second, or waits for the connection's end. Requests on a kept connection hang until the read timeout.",
		Confirm: "curl past the proxy with two URLs in one command hangs at the second; with -H 'Connection: close' both are answered.",
		Mends:   "The backend's server; until then keepalive 0 in the upstream{} block (since 1.29.7) or proxy_set_header Connection close.",
		Hides:   "A longer read timeout.",
		Source:  "RFC 9112 section 9.3; ngx_http_upstream_keepalive_module",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !g.is(evidence.ReadingHeader, evidence.TimedOut) || !g.Timer || g.pass == nil {
			return nil
		}
		kept, d := in.config.KeepsAlive(g.pass, in.proxy.Version)
		if !kept {
			return nil
		}
		p := in.probe(g)
		if limit := in.within(g); probed(p, evidence.OK) && p.HeaderAfter > limit {
			return nil // it is late on a fresh connection too
		}
		o := &opinion{certainty: Possible, check: "curl with two URLs in one command past the proxy", why: "connections to the backend are kept, and it may not read a second request", evidence: []Fact{in.keptFact(g.pass, d)}}
		if probed(p, evidence.OK) && p.Idle != nil && p.Idle.Outcome == evidence.TimedOut {
			o.certainty, o.weight = Proved, 4
			o.evidence = append(o.evidence, fact(fromProbe, "a second request on the same connection was not answered"))
			o.remedies = in.keepNone(g.pass)
		}
		return o
	},
})

// keepNone proposes that the connections of a pass end after each request.
func (in *inquiry) keepNone(p *nginx.Pass) []Remedy {
	switch {
	case p.Group == nil:
		return nil
	case p.Protocol == "fastcgi":
		return in.edit("keep no connections to "+p.Group.Name, in.config.Set(p.Place(), p.Directive, "fastcgi_keep_conn", "off"))
	}
	for _, h := range p.Place().Children() {
		if h.Name == "proxy_set_header" && strings.EqualFold(h.Arg(0), "Connection") {
			return in.edit("keep no connections to "+p.Group.Name, in.config.ReplaceArg(h, 1, "close"))
		}
	}
	return in.edit("keep no connections to "+p.Group.Name, in.config.Insert(p.Directive, "proxy_set_header Connection close;"))
}

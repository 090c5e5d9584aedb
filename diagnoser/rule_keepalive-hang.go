package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

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
		o := &opinion{certainty: Possible, check: "curl with two URLs in one command past the proxy", why: "connections to the backend are kept, and it may not read a second request", evidence: []Fact{in.keptFact(g, d)}}
		if probed(p, evidence.OK) && p.Idle != nil && p.Idle.Outcome == evidence.TimedOut {
			o.certainty, o.weight = Proved, 4
			o.evidence = append(o.evidence, fact(fromProbe, "a second request on the same connection was not answered"))
			if g.pass.Group != nil {
				o.remedies = in.edit("keep no connections to "+g.pass.Group.Name, in.config.Set(g.pass.Place(), g.pass.Directive, "proxy_set_header Connection", "close"))
			}
		}
		return o
	},
})

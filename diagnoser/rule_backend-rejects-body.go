package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = register(rule{
	cause: "backend-rejects-body",
	doc: Doc{
		What:    "The backend ends the connection while the proxy still sends the request's body: it answered early (413, 401) and closed without reading the rest. The answer is lost or not, by chance.",
		Confirm: "Only large uploads fail. The same upload past the proxy ends with the early answer, or with a reset.",
		Mends:   "The limit that the backend enforces; the same limit in the proxy (client_max_body_size) gives a clean 413.",
		Hides:   "proxy_request_buffering and timeouts change nothing.",
		Source:  "ngx_http_upstream_send_request; RFC 9112 section 9.5",
	},
	judge: func(in *inquiry, g *group) *opinion {
		sending := g.Phase == evidence.Sending && (g.Outcome == evidence.Reset || g.Outcome == evidence.ClosedEarly)
		if !sending && !(g.died() && g.Phase == evidence.ReadingHeader) {
			return nil
		}
		o := &opinion{certainty: Likely, check: "the same upload past the proxy", also: []Alternative{
			{"backend-connection-reset", "the backend may have died at that moment", "the backend's log"},
			{"keepalive-race", "a kept connection may have been closed", "does it fail with small bodies too?"}}}
		if p := in.probe(g); in.largeBody(g, o) && probed(p, evidence.OK) {
			o.weight, o.evidence = 3, append(o.evidence, probeFact(p))
			return o
		}
		if !sending || g.sendsOn() {
			return nil
		}
		return o
	},
})

// largeBody tells whether the requests of a group had bodies that did not fit into client_body_buffer_size, and says
// so: whether the end of the connection meets the proxy as it writes or as it reads is by chance.
func (in *inquiry) largeBody(g *group, o *opinion) bool {
	for _, n := range in.groups.list {
		if n.Signature == "body buffered" && n.log == g.log && g.unsafe == g.count && shares(n, g) {
			o.evidence = append(o.evidence, logFact(n))
			return true
		}
	}
	return false
}

package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = register(rule{
	cause: "header-timeout-dribble",
	doc: Doc{
		What: "The backend sends its response header in small pieces over a long time. nginx arms its read timer once for the whole header, so that bytes which keep coming do " +
			"not prolong it: the attempt ends in 504 although the backend is at work.",
		Confirm: "curl -v --no-buffer past the proxy shows header lines one by one; in the access log $upstream_bytes_received is small and not 0 for the 504.",
		Mends:   "A backend, or a proxy between, that sends its header at once.",
		Hides:   "A longer *_read_timeout.",
		Source:  "ngx_http_upstream_process_header, ngx_http_upstream.c: the timer of ngx_http_upstream_send_request is not re-armed",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if n := g.received(); g.late() && g.Timer && g.Phase == evidence.ReadingHeader && n > 0 && in.probe(g) == nil {
			return &opinion{certainty: Likely, weight: 1, check: "curl -v --no-buffer past the proxy", evidence: []Fact{
				fact(fromLog, "the access log has %d bytes received of an answer whose header never ended", n)}}
		}
		p := in.probe(g)
		if !g.is(evidence.ReadingHeader, evidence.TimedOut) || !g.Timer || !probed(p, evidence.TimedOut) || p.HeaderBytes == 0 {
			return nil
		}
		return &opinion{certainty: Likely, weight: 3, check: "curl -v --no-buffer past the proxy", evidence: []Fact{
			probeFact(p), fact(fromProbe, "%d bytes of a header came, and not its end", p.HeaderBytes)}, remedies: []Remedy{
			change(g, "", "", "send the header in one piece: a buffered writer, flushed when the header is complete")}}
	},
})

// received is how many bytes the access log says that the backend had sent, 0 where it does not say.
func (g *group) received() int64 {
	for _, t := range g.told {
		if t.attempt.Received > 0 {
			return int64(t.attempt.Received)
		}
	}
	return 0
}

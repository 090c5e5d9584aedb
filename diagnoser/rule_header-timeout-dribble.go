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
		p := in.probe(g)
		if !g.is(evidence.ReadingHeader, evidence.TimedOut) || !g.Timer || !probed(p, evidence.TimedOut) || p.HeaderBytes == 0 {
			return nil
		}
		return &opinion{certainty: Likely, weight: 3, check: "curl -v --no-buffer past the proxy", evidence: []Fact{
			probeFact(p), fact(fromProbe, "%d bytes of a header came, and not its end", p.HeaderBytes)}}
	},
})

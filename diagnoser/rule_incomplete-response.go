package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = register(rule{
	cause: "incomplete-response",
	doc: Doc{
		What:    "The backend's response ends before its length, its last chunk or its END_REQUEST. The header is long sent: the access log says 200, the client gets a truncated body.",
		Confirm: "curl past the proxy: transfer closed with bytes remaining. The backend's log at that second: an exception in mid-response, a worker that died.",
		Mends:   "What ends the response in the backend, or in a proxy between.",
		Hides:   "Nothing hides it from a client that checks the length.",
		Source:  "ngx_event_pipe_read_upstream; RFC 9112 section 8",
	},
	judge: func(in *inquiry, g *group) *opinion {
		gone := g.Outcome == evidence.ClosedEarly || g.Outcome == evidence.Reset || g.Outcome == evidence.TimedOut && !g.Timer ||
			g.Outcome == evidence.Unreachable
		if !gone || g.Phase != evidence.ReadingBody && g.Phase != evidence.Upgraded || g.Signature == "http2 stream error" {
			return nil
		}
		o := &opinion{certainty: Likely, check: "curl -o /dev/null past the proxy", also: []Alternative{
			{"backend-connection-reset", "the backend may have ended the connection on purpose", "the backend's log"},
			{"worker-crash", "a worker may have died in mid-response", "dmesg; the backend's log"},
			{"backend-restarted", "a restart ends what is under way", "the time of the backend's last start"}}}
		if g.Outcome == evidence.Reset && g.Phase == evidence.ReadingBody {
			o.weight = -1 // a reset names who ended it: the backend
			if in.probe(g) == nil {
				o.certainty = Possible
			}
		}
		if p := in.probe(g); p != nil {
			addProbe(o, p, evidence.ClosedEarly, evidence.Reset)
			if probed(p, evidence.ClosedEarly) && p.Phase == evidence.ReadingBody && g.Outcome == evidence.ClosedEarly {
				o.certainty = Proved
			}
		}
		if g.known() && g.Phase == evidence.ReadingBody {
			o.remedies = []Remedy{g.change("", "", "let the application send as much as it announces, or no length: a body that is made while it is sent is chunked",
				"curl -o /dev/null past the proxy # transfer closed with bytes remaining", "the application's log at that second")}
		}
		return o
	},
})

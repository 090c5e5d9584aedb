package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = register(rule{
	cause: "backend-restarted",
	doc: Doc{
		What:    "The backend was down for a moment, for a restart, a deploy or a crash, and is up again.",
		Confirm: "The errors stop; the backend's start time lies at their end (ps -o lstart).",
		Mends:   "A restart without a gap: graceful reload, a second server in the group, readiness before the old one goes.",
		Hides:   "proxy_next_upstream with a second server.",
	},
	judge: func(in *inquiry, g *group) *opinion {
		missed := g.Outcome == evidence.Refused || g.Outcome == evidence.Missing
		l, p := in.listener(g.target), in.probe(g)
		if g.Phase != evidence.Connecting || !missed || !g.known() || l == nil || !probed(p, evidence.OK) {
			return nil
		}
		return &opinion{certainty: Likely, check: "ps -o lstart of the backend", evidence: []Fact{
			fact(fromSocket, "%s listens now", describe(*l)), probeFact(p)}}
	},
})

package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = register(rule{
	cause: "resolver-unreachable",
	doc: Doc{
		What:    "The resolver in the configuration does not answer. After resolver_timeout (30s) the client gets 502, not 504.",
		Confirm: "dig @RESOLVER NAME times out or is refused; is the address right inside this container (127.0.0.11 in Docker's own networks)?",
		Mends:   "The address of a resolver that answers here; UDP and TCP port 53 open to it.",
		Hides:   "A shorter resolver_timeout fails sooner; valid= asks less often.",
		Source:  "ngx_resolver_timeout_handler; resolver_timeout",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.is(evidence.Connecting, evidence.TimedOut) {
			return in.hinted("resolver-unreachable", "dig @RESOLVER NAME")
		}
		if g.Signature != "resolver socket" && !(g.Signature == "not resolved" && g.Outcome == evidence.TimedOut) {
			return nil
		}
		return &opinion{certainty: Likely, check: "dig @RESOLVER NAME"}
	},
})

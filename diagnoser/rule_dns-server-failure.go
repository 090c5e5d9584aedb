package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = register(rule{
	cause: "dns-server-failure",
	doc: Doc{
		What:    "The resolver answers, but not the question: SERVFAIL, REFUSED, or an answer that nginx cannot read.",
		Confirm: "dig @RESOLVER NAME shows the status.",
		Mends:   "The resolver or the zone behind it; recursion allowed for the proxy's address.",
		Hides:   "A second resolver in the directive.",
		Source:  "ngx_resolver_process_response; RFC 1035 section 4.1.1, RCODE",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature != "not resolved" || g.Outcome != evidence.Invalid && g.Outcome != evidence.Refused {
			return nil
		}
		return &opinion{certainty: Likely, check: "dig @RESOLVER NAME"}
	},
})

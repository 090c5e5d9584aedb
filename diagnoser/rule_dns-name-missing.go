package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = register(rule{
	cause: "dns-name-missing",
	doc: Doc{
		What:    "The resolver says that the backend's name does not exist (NXDOMAIN), or has no address.",
		Confirm: "dig @RESOLVER NAME. nginx reads neither /etc/hosts nor search domains at run time.",
		Mends:   "The right name, in full; the record; the service that registers it.",
		Hides:   "valid= keeps an old answer for longer.",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !g.is(evidence.Resolving, evidence.NotFound) || g.Signature != "not resolved" {
			return nil
		}
		return &opinion{certainty: Likely, check: "dig @RESOLVER NAME"}
	},
})

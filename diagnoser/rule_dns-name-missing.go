package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "dns-name-missing",
	doc: Doc{
		What:    "The resolver says that the backend's name does not exist (NXDOMAIN), or has no address.",
		Confirm: "dig @RESOLVER NAME. nginx reads neither /etc/hosts nor search domains at run time.",
		Mends:   "The right name, in full; the record; the service that registers it.",
		Hides:   "valid= keeps an old answer for longer.",
		Source:  "ngx_resolver_process_a; RFC 1035 section 4.1.1, RCODE 3",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !g.is(evidence.Resolving, evidence.NotFound) || g.Signature != "not resolved" {
			return nil
		}
		o := &opinion{certainty: Likely, check: "dig @RESOLVER NAME"}
		name, _, _ := strings.Cut(g.Message, " could not be resolved (")
		for _, n := range in.told().Names {
			switch {
			case n.Name != name:
			case n.Status == "NXDOMAIN":
				o.weight = 2
				o.evidence = append(o.evidence, fact(fromProbe, "the resolver %s says that %s does not exist", n.Server, name))
			case len(n.Addresses) > 0:
				o.against = append(o.against, fact(fromProbe, "%s resolves to %s in a shell", name, strings.Join(n.Addresses, ", ")))
			}
		}
		return o
	},
})

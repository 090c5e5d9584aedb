package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "resolver-no-search-domain",
	doc: Doc{
		What:    "The backend's name has no dot. The system's resolver completes such a name with a search domain; nginx does not when it looks names up at run time.",
		Confirm: "getent hosts NAME finds it, dig @RESOLVER NAME does not, dig @RESOLVER NAME.DOMAIN does.",
		Mends:   "Write the full name: NAME.NAMESPACE.svc.cluster.local, NAME.example.com.",
		Hides:   "An entry in /etc/hosts changes nothing at run time: nginx does not read it.",
		Source:  "ngx_resolver: no search list is applied; resolv.conf(5), search",
	},
	judge: func(in *inquiry, g *group) *opinion {
		name, _, _ := strings.Cut(g.Message, " could not be resolved (")
		if !g.is(evidence.Resolving, evidence.NotFound) || g.Signature != "not resolved" || strings.Contains(name, ".") {
			return nil
		}
		return &opinion{certainty: Possible, check: "getent hosts " + name, evidence: []Fact{fact(fromLog, "%s is a short name", name)}}
	},
})

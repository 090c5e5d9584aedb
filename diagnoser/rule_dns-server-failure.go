package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

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
		o := &opinion{certainty: Likely, check: "dig @RESOLVER NAME"}
		if d := in.resolverOf(g); d != nil {
			o.where = in.where(d)
			o.evidence = append(o.evidence, in.configFact(d, "names are asked of %s, which answered that it failed", resolverAddress(d)))
			if !in.oneFamily(g, d, o) {
				in.otherNameserver(o, d)
			}
		}
		return o
	},
})

// oneFamily tells whether the server answers for A records and fails for AAAA: nginx asks for both, and takes the failure
// of one for that of the name. It says what was answered in any case.
func (in *inquiry) oneFamily(g *group, d *nginx.Directive, o *opinion) bool {
	said := in.answered(unanswered(g), resolverAddress(d))
	four, six := said["A"], said["AAAA"]
	for _, n := range []evidence.Name{four, six} {
		if n.Status != "" {
			o.certainty = in.proof()
			o.evidence = append(o.evidence, fact(fromProbe, "%s answered %s to a question for %s records of %s", n.Server, n.Status, n.Type, n.Name))
		}
	}
	if len(four.Addresses) == 0 || six.Status == "" || hasParameter(d, "ipv6") {
		return false
	}
	o.weight = 2
	o.evidence = append(o.evidence, fact(fromProbe, "for A records it answered %s", strings.Join(four.Addresses, ", ")))
	o.remedies = in.edit("ask for IPv4 addresses only", in.config.AppendArg(d, "ipv6=off"))
	return true
}

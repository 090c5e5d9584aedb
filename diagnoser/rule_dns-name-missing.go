package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
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
		name := unanswered(g)
		for _, n := range in.told().Names {
			switch {
			case n.Name != name:
			case n.Server == hostsFile && len(n.Addresses) > 0:
				in.hostsOnly(o, n)
			case n.Status == "NXDOMAIN":
				if in.completed(name) == "" {
					o.weight = 2
				}
				o.evidence = append(o.evidence, fact(fromProbe, "the resolver %s says that %s does not exist%s", n.Server, name, ofType(n)))
			case len(n.Addresses) > 0:
				o.against = append(o.against, fact(fromProbe, "%s resolves to %s in a shell", name, strings.Join(n.Addresses, ", ")))
			}
		}
		return o
	},
})

// ofType says for which records a name was asked.
func ofType(n evidence.Name) string {
	if n.Type == "" {
		return ""
	}
	return " (" + n.Type + ")"
}

// hostsFile is the source of names that nginx does not read at run time; hosts(5).
const hostsFile = "/etc/hosts"

// hostsOnly says that the system knows the name from its own list, and proposes to let the system look it up: it does
// so for a name that stands in the pass itself, when the configuration is read.
func (in *inquiry) hostsOnly(o *opinion, n evidence.Name) {
	o.certainty, o.weight = Proved, 2
	o.evidence = append(o.evidence, fact(fromFile, "%s has %s for %s; nginx's resolver asks name servers only", hostsFile, strings.Join(n.Addresses, ", "), n.Name))
	d := in.variable(n.Name)
	if d == nil {
		return
	}
	for _, p := range in.config.Passes() {
		raw := in.config.Text(p.Directive.File)[p.Directive.Args[0].Start:p.Directive.Args[0].End]
		if named := nginx.WithoutVariable(raw, d.Arg(0), n.Name); p.Variable && named != raw && !strings.Contains(named, "$") {
			o.where = in.where(p.Directive)
			o.remedies = in.edit("name the host in the pass itself: the system looks it up, at each reload", in.config.ReplaceArg(p.Directive, 0, named))
			return
		}
	}
}

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
		o := &opinion{certainty: Possible, check: "getent hosts " + name, evidence: []Fact{fact(fromLog, "%s is a short name", name)}}
		if in.clusterResolver() {
			o.certainty, o.weight = Likely, 1
			o.evidence = append(o.evidence, fact(fromConfig, "the resolver is a cluster's, which knows services by their full names: NAME.NAMESPACE.svc.cluster.local"))
		}
		search := in.told().Search
		if len(search) == 0 {
			return o
		}
		full := in.completed(name)
		o.certainty, o.weight, o.check = Likely, 2, "dig "+full
		o.evidence = append(o.evidence, fact(fromFile, "resolv.conf completes short names with %s; nginx does not", strings.Join(search, ", ")))
		if d := in.resolverOf(g); d != nil {
			if n := in.answered(full, resolverAddress(d))["A"]; len(n.Addresses) > 0 {
				o.certainty = in.proof()
				o.evidence = append(o.evidence, fact(fromProbe, "%s answered %s for %s", n.Server, strings.Join(n.Addresses, ", "), full))
			}
		}
		if d := in.variable(name); d != nil {
			o.where = in.where(d)
			o.remedies = in.edit("write the name in full", in.config.ReplaceArg(d, 1, full))
		}
		return o
	},
})

// clusterResolver tells whether the configuration asks Kubernetes' name server.
func (in *inquiry) clusterResolver() bool {
	for _, name := range []string{"kube-dns.kube-system.svc.cluster.local", "coredns.kube-system.svc.cluster.local", "10.96.0.10", "kube-dns.kube-system"} {
		if in.config.Has("resolver", name) {
			return true
		}
	}
	return false
}

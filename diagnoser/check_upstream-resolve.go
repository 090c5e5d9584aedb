package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// resolveSince is the version in which the parameter resolve came to nginx from its commercial edition.
const resolveSince = "1.27.3"

var _ = registerCheck(check{
	name: "upstream-resolve", cause: "config-error", severity: SeverityError,
	doc: CheckDoc{
		What: "A server of an upstream{} has resolve, and what it needs is missing: a version of nginx that knows it, a zone in which all workers share the addresses, a resolver to ask. " +
			"nginx does not start.",
		Mends:    "zone NAME 64k; in the upstream{}, and a resolver there or in http{}; in an older nginx the name in a variable, or a reload when the address changes.",
		From:     "ngx_http_upstream_server() and ngx_http_upstream_init_round_robin(): \"resolving names at run time requires upstream … to be in shared memory\", \"no resolver defined to resolve names at run time\".",
		Versions: "all; resolve is there since " + resolveSince,
	},
	look: func(in *inquiry) (found []remark) {
		for _, g := range in.config.Groups() {
			if !nginx.HTTP(g.Directive) || strings.Contains(in.proxy.Version, "plus") {
				continue
			}
			for _, s := range g.Servers {
				if i := s.Parameter("resolve"); i > 0 {
					found = append(found, in.resolveRefused(g, s, i)...)
					break
				}
			}
		}
		return found
	},
})

// resolveRefused says what nginx refuses of the first server of a group that has resolve, the i-th argument.
func (in *inquiry) resolveRefused(g nginx.Group, s nginx.Server, i int) []remark {
	switch {
	case in.proxy.Version != "" && !in.since(resolveSince):
		m := refused(s.Directive, `invalid parameter "resolve"`)
		m.remedies = in.edit("let the system look the name up, when nginx starts or reloads", in.unresolved(g)...)
		return []remark{m}
	case g.Directive.Child("zone") == nil:
		m := refused(s.Directive, `resolving names at run time requires upstream "`+g.Name+`"`)
		m.remedies = in.edit("keep the addresses of "+g.Name+" where all workers see them", in.config.Insert(s.Directive, "zone "+g.Name+" 64k;"))
		return []remark{m}
	case in.config.Effective(g.Directive, "resolver") == nil && in.knows(g.Directive):
		m := refused(s.Directive, `no resolver defined to resolve names at run time in upstream "`+g.Name+`"`)
		if server := in.nameserver(); server != "" {
			m.evidence = []Fact{fact(fromFile, "resolv.conf names %s", server)}
			m.remedies = in.edit("look names up where this host does", in.config.Insert(s.Directive, "resolver "+server+";"))
		}
		return []remark{m}
	}
	return nil
}

// unresolved takes the parameter resolve from all servers of a group.
func (in *inquiry) unresolved(g nginx.Group) (edits []nginx.Edit) {
	for _, s := range g.Servers {
		if i := s.Parameter("resolve"); i > 0 {
			edits = append(edits, in.dropArg(s.Directive, i))
		}
	}
	return edits
}

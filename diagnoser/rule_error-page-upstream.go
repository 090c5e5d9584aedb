package diagnoser

import (
	"slices"
	"strconv"

	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = register(rule{
	cause: "error-page-upstream",
	doc: Doc{
		What: "The page for a 502 or 504 is a path that is passed on like all others: nginx asks the upstream that just failed for it. The client waits for a second timeout " +
			"and gets nginx's own page, since errors of an error page have none (recursive_error_pages).",
		Confirm: "For one request the log has two lines; in the second one the upstream's path is that of the error page. curl of the page itself fails too.",
		Mends:   "location = /PAGE { internal; root DIRECTORY; } serves it from a file; or a named location with another upstream.",
		Hides:   "A shorter timeout makes both waits shorter.",
		Source:  "ngx_http_send_error_page: an internal redirect, which finds its location like a request",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.page == "" {
			return in.pageUnnamed(g)
		}
		if g.pass == nil {
			return nil
		}
		for _, l := range in.loops() {
			if l.path != g.page || l.server != g.pass.Server() || !sameUpstream(l.pass, g.pass) {
				continue
			}
			return &opinion{certainty: Proved, weight: 6, where: in.where(l.page), remedies: in.ownPage(l), evidence: []Fact{
				fact(fromLog, "the client had asked for %s; the upstream was asked for the error page %s after that", nginx.RequestURI(g.Request), g.page),
				in.configFact(l.page, "%s", l.page.Text()),
				in.configFact(l.pass.Directive, "%s takes %s to the same upstream", l.pass.Directive.Name, g.page)}}
		}
		return nil
	},
})

// pageUnnamed judges where the record does not say what the upstream was asked for: the address of FastCGI and its
// like has no path. Then each failed request has two records alike, and the configuration says why: nginx
// asks for the page of that status, always, and its location passes it to the same upstream.
func (in *inquiry) pageUnnamed(g *group) *opinion {
	twice := len(g.conns) > 0 && len(g.conns) < connsMax && g.count >= 2*int64(len(g.conns))
	if g.pass == nil || g.pass.Prefix == "proxy_" || !twice || g.pass.Group != nil && len(g.pass.Group.Servers) > 1 {
		return nil
	}
	for _, l := range in.loops() {
		of := func(a nginx.Arg) bool { return a.Text == strconv.Itoa(g.Status) }
		if l.server != g.pass.Server() || !sameUpstream(l.pass, g.pass) || !slices.ContainsFunc(l.page.Args, of) {
			continue
		}
		return &opinion{certainty: Proved, weight: 6, where: in.where(l.page), remedies: in.ownPage(l), evidence: []Fact{
			fact(fromLog, "%d records of %d connections, and one server: each request failed twice", g.count, len(g.conns)),
			in.configFact(l.page, "%s", l.page.Text()),
			in.configFact(l.pass.Directive, "%s takes %s to the same upstream", l.pass.Directive.Name, l.path)}}
	}
	return nil
}

var _ = registerCheck(check{
	name: "error-page-upstream", cause: "error-page-upstream", severity: SeverityWarning,
	doc: CheckDoc{
		What:  "The page for 502 or 504 is asked of the same upstream as the request that failed: the client waits twice, and gets nginx's own page.",
		Mends: "location = /PAGE { internal; } with a root, so that the page comes from a file.",
		From:  "ngx_http_send_error_page(): an internal redirect; directive recursive_error_pages.",
	},
	look: func(in *inquiry) (found []remark) {
		for _, l := range in.loops() {
			found = append(found, remark{at: l.page, certainty: Proved, says: l.path + " is asked of the upstream that failed",
				evidence: []Fact{in.configFact(l.pass.Directive, "%s", l.pass.Directive.Text())}, remedies: in.ownPage(l)})
		}
		return found
	},
})

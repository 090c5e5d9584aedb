package diagnoser

import (
	"slices"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// errorPages are the paths of this proxy that error_page directives name.
func errorPages(config *nginx.Config) map[string]bool {
	pages := map[string]bool{}
	for _, d := range config.Named("error_page") {
		if page := pagePath(d); page != "" {
			pages[page] = true
		}
	}
	return pages
}

// pagePath is the path to which an error_page leads; empty for a named location, another host or a variable.
func pagePath(d *nginx.Directive) string {
	page, _, _ := strings.Cut(d.Arg(len(d.Args)-1), "?")
	if !strings.HasPrefix(page, "/") || strings.Contains(page, "$") {
		return ""
	}
	return page
}

// pageOf is the path of the error page that an upstream was asked for in place of what the client had asked for.
func (gs *groups) pageOf(e evidence.Event, uri string) string {
	path, _, _ := strings.Cut(uri, "?")
	asked, _, _ := strings.Cut(nginx.RequestURI(e.Request), "?")
	if !gs.pages[path] || path == asked || asked == "" {
		return ""
	}
	return path
}

// pagePasses tells which passes lead a path of a server to an upstream. Those of other servers do not count.
func (in *inquiry) pagePasses(server *nginx.Directive, path string) (all []*nginx.Pass) {
	place := nginx.Locate(server, path)
	for _, p := range in.config.Passes() {
		if p.Server() == server && nginx.Enclosing(p.Directive.Parent, "location") == place {
			all = append(all, p)
		}
	}
	return all
}

// sameUpstream tells whether two passes lead to one group, or to one address.
func sameUpstream(a, b *nginx.Pass) bool {
	return !a.Variable && !b.Variable && a.Host == b.Host && a.Protocol == b.Protocol
}

// loop is an error_page whose page is asked of the upstream that failed.
type loop struct {
	page   *nginx.Directive
	path   string
	server *nginx.Directive
	pass   *nginx.Pass
}

// loops finds the error pages for a gateway's errors that are asked of the same upstream.
func (in *inquiry) loops() (found []loop) {
	for _, p := range in.httpPasses() {
		server := p.Server()
		if server == nil {
			continue
		}
		for _, d := range in.config.EffectiveAll(p.Directive.Parent, "error_page") {
			path := pagePath(d)
			known := func(l loop) bool { return l.page == d && l.server == server }
			ofGateway := slices.ContainsFunc(d.Args, func(a nginx.Arg) bool { return a.Text == "502" || a.Text == "504" })
			if path == "" || !ofGateway || slices.ContainsFunc(found, known) {
				continue
			}
			if slices.ContainsFunc(in.pagePasses(server, path), func(q *nginx.Pass) bool { return sameUpstream(p, q) }) {
				found = append(found, loop{d, path, server, p})
			}
		}
	}
	return found
}

// ownPage proposes that the proxy serves the page from its files, where it has a root, else that it is left out.
func (in *inquiry) ownPage(l loop) []Remedy {
	inner := nginx.Locate(l.server, l.path)
	root := in.config.Effective(l.server, "root")
	if root != nil && inner != nil && !strings.Contains(root.Arg(0), "$") && in.hasFile(root.Arg(0)+l.path) {
		return in.edit("serve "+l.path+" from "+root.Arg(0)+", whatever the upstream does",
			in.config.Insert(inner, "location = "+l.path+" { internal; }"))
	}
	return in.edit("let nginx's own page stand: it needs no upstream", in.config.Remove(l.page))
}

// hasFile tells whether a file is there, for all that is known: true where nobody looked.
func (in *inquiry) hasFile(path string) bool {
	if in.host == nil {
		return true
	}
	for _, p := range in.host.Paths {
		if p.Path == path && len(p.Nodes) > 0 {
			return p.Nodes[len(p.Nodes)-1].Kind == "file"
		}
	}
	return true
}

// pageFiles are the files that the error pages of the configuration would be, below the root of their server.
func (r *Reading) pageFiles() (paths []string) {
	for _, d := range r.config.Named("error_page") {
		root := r.config.Effective(d.Parent, "root")
		if page := pagePath(d); page != "" && root != nil && !strings.Contains(root.Arg(0), "$") {
			paths = append(paths, root.Arg(0)+page)
		}
	}
	return paths
}

// shownAs says that clients get another status than the error's: monitors do not see it then.
func (in *inquiry) shownAs(g *group) []Fact {
	if g.pass == nil || g.Status != 502 && g.Status != 504 {
		return nil
	}
	d := in.errorPage(g.pass.Directive.Parent, g.Status)
	if d == nil || len(d.Args) < 3 {
		return nil
	}
	status := d.Arg(len(d.Args) - 2)
	if !strings.HasPrefix(status, "=2") {
		return nil
	}
	return []Fact{in.configFact(d, "%s: clients and monitors see %s in place of %d", d.Text(), strings.TrimPrefix(status, "="), g.Status)}
}

package diagnoser

import (
	"fmt"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = register(rule{
	cause: "cached-error",
	doc: Doc{
		What: "The proxy's cache keeps a 502 or 504 like any other answer, and gives it out until its time is over, however well the backend is by then. *_cache_valid any, or with the " +
			"status, allows it; a 502 that nginx made itself is cached too.",
		Confirm: "$upstream_cache_status is HIT and $upstream_addr is \"-\" for the 502; the same request with another query string, or past the proxy, is answered well.",
		Mends:   "Name the statuses that may be kept (200 301 302 404), and empty the cache's directory, or wait until the time is over.",
		Hides:   "A shorter time; deleting the cache's files until the next failure.",
		Source:  "ngx_http_upstream_finalize_request: ngx_http_file_cache_valid() for 502 and 504; directive proxy_cache_valid",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Outcome != evidence.Cached {
			return nil
		}
		o := &opinion{certainty: Likely, weight: 1, check: "the same request past the proxy, or with another query string"}
		caches := in.errorCaches(g.Status)
		if len(caches) != 1 {
			return o
		}
		c := caches[0]
		o.certainty, o.where = Proved, in.where(c.valid)
		o.evidence = append(o.evidence, in.configFact(c.valid, "%s: errors are kept as well", c.valid.Text()))
		for _, t := range in.peersOf(g) {
			if p := in.probe(&group{target: t, uri: g.uri}); probed(p, evidence.OK) && p.Status < 500 {
				o.evidence = append(o.evidence, probeFact(p))
			}
		}
		o.remedies = in.edit("keep no errors", in.keepWell(c, g.Status))
		for i := range o.remedies {
			o.remedies[i].Commands = append(in.emptyCache(c.pass), o.remedies[i].Commands...)
		}
		return o
	},
})

// errorCache is a pass whose cache keeps an error, and the directive that allows it.
type errorCache struct {
	pass  *nginx.Pass
	valid *nginx.Directive
}

// errorCaches finds what can have cached a status.
func (r *Reading) errorCaches(status int) (found []errorCache) {
	for _, p := range r.config.Passes() {
		cache := r.config.Effective(p.Directive.Parent, p.Prefix+"cache")
		if cache == nil || cache.Arg(0) == "off" {
			continue
		}
		for _, d := range r.config.EffectiveAll(p.Directive.Parent, p.Prefix+"cache_valid") {
			keeps := func(a nginx.Arg) bool { return a.Text == "any" || a.Text == fmt.Sprint(status) }
			if n := len(d.Args) - 1; n > 0 && slices.ContainsFunc(d.Args[:n], keeps) {
				found = append(found, errorCache{p, d})
				break
			}
		}
	}
	return found
}

// keepWell leaves a status out of what is kept; in place of any stand the statuses that nginx keeps by default,
// and "not found".
func (in *inquiry) keepWell(c errorCache, status int) nginx.Edit {
	var kept []string
	for _, a := range c.valid.Args[:len(c.valid.Args)-1] {
		switch a.Text {
		case "any":
			kept = append(kept, "200", "301", "302", "404")
		case "500", "502", "503", "504":
		default:
			kept = append(kept, a.Text)
		}
	}
	slices.Sort(kept)
	if kept = slices.Compact(kept); len(kept) == 0 {
		return in.config.Remove(c.valid)
	}
	return in.config.ReplaceArgs(c.valid, strings.Join(kept, " ")+" "+c.valid.Arg(len(c.valid.Args)-1))
}

// emptyCache is the command that forgets what a pass's cache holds.
func (in *inquiry) emptyCache(p *nginx.Pass) []string {
	zone := in.config.Effective(p.Directive.Parent, p.Prefix+"cache").Arg(0)
	for _, d := range in.config.Named(p.Prefix + "cache_path") {
		for _, a := range d.Args {
			if strings.HasPrefix(a.Text, "keys_zone="+zone+":") {
				return []string{"find " + d.Arg(0) + " -type f -delete"}
			}
		}
	}
	return nil
}

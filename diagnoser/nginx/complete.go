package nginx

import (
	"path"
	"slices"
	"strings"
)

// harmless are files of the distributions that set nothing but types and parameters.
var harmless = []string{"mime.types", "fastcgi_params", "fastcgi.conf", "uwsgi_params", "scgi_params", "koi-win", "koi-utf", "win-utf"}

// Complete tells whether all that a block inherits is known: the configuration holds
// its http{} block, and every file that is included at the block or around it was given.
// Only then does the absence of a directive say anything.
func (c *Config) Complete(ctx *Directive) bool {
	whole := false
	for level := ctx; level != nil; level = level.Parent {
		if lacks(level.Block) {
			return false
		}
		whole = whole || level.Name == "http" || level.Name == "stream"
	}
	return whole
}

func lacks(list []*Directive) bool {
	return slices.ContainsFunc(list, func(d *Directive) bool {
		if d.Name != "include" || d.IsBlock() {
			return false
		}
		if len(d.Block) > 0 {
			return lacks(d.Block)
		}
		return !d.found && !strings.ContainsAny(d.Arg(0), "*?[") && !slices.Contains(harmless, path.Base(d.Arg(0)))
	})
}

// HTTP tells whether a directive stands in an http{} block, or in a fragment that
// belongs into one: not in stream{} or mail{}.
func HTTP(d *Directive) bool { return Enclosing(d, "stream", "mail") == nil }

package nginx

import (
	"regexp"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// bestFirst orders passes by how well their server and location fit the request.
func (c *Config) bestFirst(e evidence.Event, passes []*Pass) []*Pass {
	uri, _, _ := strings.Cut(RequestURI(e.Request), "?")
	score := func(p *Pass) (n int) {
		if s := p.Server(); s != nil && servedBy(s, e.Server) {
			n += 2
			if l := Enclosing(p.Directive.Parent, "location"); l != nil && l == Locate(s, uri) {
				n++
			}
		}
		return n
	}
	slices.SortStableFunc(passes, func(a, b *Pass) int { return score(b) - score(a) })
	return passes
}

// servedBy tells whether a server{} logs itself under that name: its first server_name, or none.
func servedBy(server *Directive, name string) bool {
	d := server.Child("server_name")
	if d == nil {
		return name == ""
	}
	return d.Arg(0) == name
}

// Locate finds the location that serves a path as nginx does: an exact one, else
// the longest prefix, unless a regular expression fits and the prefix has no "^~".
// Expressions that Go cannot read are passed over. nil: the server itself.
func Locate(server *Directive, uri string) *Directive {
	best, final := longestPrefix(server, uri)
	if final {
		return best
	}
	if best != nil {
		if inner := Locate(best, uri); inner != nil {
			return inner
		}
	}
	for _, l := range server.Children() {
		if l.Name == "location" && matchesExpression(l, uri) {
			return l
		}
	}
	return best
}

// longestPrefix also tells whether regular expressions are not asked any more.
func longestPrefix(server *Directive, uri string) (best *Directive, final bool) {
	length := -1
	for _, l := range server.Children() {
		if l.Name != "location" {
			continue
		}
		modifier, pattern := l.Arg(0), l.Arg(1)
		if len(l.Args) == 1 {
			modifier, pattern = "", l.Arg(0)
		}
		switch {
		case modifier == "=" && pattern == uri:
			return l, true
		case (modifier == "" || modifier == "^~") && !strings.HasPrefix(pattern, "@") &&
			strings.HasPrefix(uri, pattern) && len(pattern) > length:
			best, length, final = l, len(pattern), modifier == "^~"
		}
	}
	return best, final
}

func matchesExpression(l *Directive, uri string) bool {
	switch l.Arg(0) {
	case "~", "~*":
		l.once.Do(l.compile)
	}
	return l.expression != nil && l.expression.MatchString(uri)
}

// compile reads the expression of a location once.
func (d *Directive) compile() {
	pattern := d.Arg(1)
	if d.Arg(0) == "~*" {
		pattern = "(?i)" + pattern
	}
	d.expression, _ = regexp.Compile(pattern)
}

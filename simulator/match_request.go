package simulator

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

type pathMatch string
type methodMatch string
type headerMatch map[string]string
type paramMatch map[string]string
type idleMatch time.Duration

// Path holds for the request's path, without its query. A * stands for any text, slashes included.
func Path(pattern string) Match { return pathMatch(pattern) }

// Method holds for the request's method.
func Method(name string) Match { return methodMatch(name) }

// Header holds when a header has the value; a * in it stands for any text.
func Header(name, value string) Match { return headerMatch{name: value} }

// Param holds when a FastCGI parameter has the value; a * in it stands for any text.
func Param(name, value string) Match { return paramMatch{name: value} }

// Idle holds when the connection was kept alive and silent for at least d before this request.
func Idle(d time.Duration) Match { return idleMatch(d) }

var _ = registerMatch("path", "path: /api/*", "the path without its query; * stands for any text", matchArgument[pathMatch])
var _ = registerMatch("method", "method: POST", "the request's method", matchArgument[methodMatch])
var _ = registerMatch("header", "header: {X-Canary: \"*\"}", "header values; * stands for any text", matchArgument[headerMatch])
var _ = registerMatch("param", "param: {SCRIPT_NAME: /x.php}", "FastCGI parameters; * stands for any text", matchArgument[paramMatch])
var _ = registerMatch("idle", "idle: 400ms", "the kept-alive connection was silent at least this long before the request",
	func(d *strictyaml.Decoder, arg *yaml.Node) (Match, error) {
		var t time.Duration
		err := d.Decode(arg, &t)
		return Idle(t), err
	})

func (m pathMatch) compile(s matchScope) (test, error) {
	return exchangeTest(s, "path", func(f *facts) bool { return glob(string(m), f.req.path()) })
}

func (m methodMatch) compile(s matchScope) (test, error) {
	return exchangeTest(s, "method", func(f *facts) bool { return string(f.req.method) == string(m) })
}

func (m headerMatch) compile(s matchScope) (test, error) {
	names := slices.Sorted(maps.Keys(m))
	return exchangeTest(s, "header", func(f *facts) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return !anyGlob(m[n], f.req.headerValues(n)) })
	})
}

func (m paramMatch) compile(s matchScope) (test, error) {
	names := slices.Sorted(maps.Keys(m))
	return exchangeTest(s, "param", func(f *facts) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return !anyGlob(m[n], f.req.paramValues(n)) })
	})
}

func (m idleMatch) compile(s matchScope) (test, error) {
	s.gen.idles = true
	return exchangeTest(s, "idle", func(f *facts) bool { return f.exchange > 1 && f.idle >= time.Duration(m) })
}

func anyGlob(pattern string, values [][]byte) bool {
	return slices.ContainsFunc(values, func(v []byte) bool { return glob(pattern, v) })
}

// glob compares with * for any text; everything else is literal.
func glob(pattern string, s []byte) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return string(s) == pattern
	}
	if len(s) < len(head) || string(s[:len(head)]) != head {
		return false
	}
	for i := len(head); i <= len(s); i++ {
		if glob(rest, s[i:]) {
			return true
		}
	}
	return false
}

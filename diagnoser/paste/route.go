package paste

import (
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var (
	routeRefuses = regexp.MustCompile(`^\s*(prohibit|unreachable|blackhole)\s+(\S+)`)
	routeGet     = regexp.MustCompile(`^\s*(?:(local|prohibit|unreachable|blackhole)\s+)?(\d+\.\d+\.\d+\.\d+) .*\b(?:dev|via) \S+`)
	routeFails   = regexp.MustCompile(`RTNETLINK answers: (No route to host|Network is unreachable|Permission denied|Invalid argument)`)
	routeErrnos  = map[string]int{"prohibit": 13, "unreachable": 113, "blackhole": 22, "none": 101}
	routeKinds   = map[string]string{"No route to host": "unreachable", "Network is unreachable": "none", "Permission denied": "prohibit", "Invalid argument": "blackhole"}
)

// route reads ip route and ip route get; ip-route(8).
var _ = register("route", func(f *facts) taker {
	add := func(destination, kind, rule string) bool {
		f.host.Routes = append(f.host.Routes, evidence.Route{Destination: destination, Kind: kind, Errno: routeErrnos[kind], Rule: strings.TrimSpace(rule)})
		return true
	}
	return func(l line) bool {
		if l.prompt {
			return false
		}
		if m := routeRefuses.FindStringSubmatch(l.text); m != nil {
			return add(m[2], m[1], l.text)
		}
		if !l.ran("ip", "route") || !l.has("get") {
			return false
		}
		if m := routeFails.FindStringSubmatch(l.text); m != nil {
			return add(l.command[len(l.command)-1], routeKinds[m[1]], l.text)
		}
		if m := routeGet.FindStringSubmatch(l.text); m != nil {
			kind := m[1]
			if kind == "" {
				kind = "unicast"
			}
			return add(m[2], kind, l.text)
		}
		return false
	}
})

package diagnoser

import (
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = register(rule{
	cause: "upstream-host-not-found",
	doc: Doc{
		What:    "A name in a *_pass or server line could not be resolved when the proxy started or was told to reload. It does not start, or goes on with the old configuration.",
		Confirm: "nginx -t says the same; getent hosts NAME.",
		Mends:   "The right name; start the proxy after the service that has it; a resolver and a variable, or server … resolve (1.27.3), where the name may come later.",
		Hides:   "A restart once the name is there.",
		Source:  "ngx_http_upstream_init_round_robin; getaddrinfo(3)",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature != "host not found" {
			return nil
		}
		o := &opinion{certainty: Likely, check: "nginx -t; getent hosts NAME"}
		name := missedName(g.Message)
		if name == "" {
			return o
		}
		host := hostOf(name)
		o.check = "nginx -t; getent hosts " + host
		o.also = nameAlso(host)
		if in.compose.proxy() != nil && in.compose.named(host) == nil && !strings.Contains(host, ".") {
			o.weight = 4
			o.evidence = append(o.evidence, fact(fromFile, "the compose file has no service %s", host))
		}
		d := in.naming(host)
		meant := almost(host, in.told().Names)
		if d == nil || meant == "" {
			return o
		}
		o.weight, o.where = 2, in.where(d)
		o.evidence = append(o.evidence, fact(fromFile, "/etc/hosts has %s, and %s nowhere", meant, host))
		raw := in.config.Text(d.File)[d.Args[0].Start:d.Args[0].End]
		o.remedies = in.edit("name the host that there is", in.config.ReplaceArg(d, 0, strings.Replace(raw, host, meant, 1)))
		return o
	},
})

// nameAlso lists why a name may be unknown besides being wrong: one without a dot is a container's as a rule.
func nameAlso(host string) []Alternative {
	if strings.Contains(host, ".") {
		return []Alternative{{"resolver-unreachable", "the host's resolver may not have answered at that time", "getent hosts " + host + "; cat /etc/resolv.conf"},
			{"dns-name-missing", "the name may be missing in DNS", "dig " + host}}
	}
	return []Alternative{{"start-order", "the container of that name may not have been up yet", "does a restart of the proxy help?"},
		{"docker-network-mismatch", "the container of that name may be in another network", "docker inspect -f '{{json .NetworkSettings.Networks}}' of both"}}
}

// unresolved is the name that the proxy could not resolve, "" where the record names none.
func unresolved(g *group) string {
	if g.Signature != "host not found" {
		return ""
	}
	return hostOf(missedName(g.Message))
}

// missedName is the name in the message, which may have lost its quotes. "" without one.
func missedName(message string) string {
	m := upstreamName.FindStringSubmatch(message)
	if m == nil {
		return ""
	}
	return m[1]
}

var upstreamName = regexp.MustCompile(`upstream "?([\w.:\[\]-]+)`)

// naming finds the pass, or the server line of a group, that names a host.
func (in *inquiry) naming(host string) (found *nginx.Directive) {
	for _, p := range in.config.Passes() {
		if p.Group == nil && !p.Variable && (p.Host == host || hostOf(p.Host) == host) {
			found = p.Directive
		}
	}
	for _, g := range in.config.Groups() {
		for _, s := range g.Servers {
			if s.Address == host || hostOf(s.Address) == host {
				found = s.Directive
			}
		}
	}
	return found
}

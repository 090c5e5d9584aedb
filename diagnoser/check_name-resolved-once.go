package diagnoser

import (
	"net"
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = registerCheck(check{
	name: "name-resolved-once", cause: "stale-upstream-ip", severity: SeverityNote,
	doc: CheckDoc{
		What: "The upstream is a name whose addresses change (a container, a cloud load balancer, a cluster service), and nginx looks it up once, at start or reload. " +
			"When the address moves, requests go to the old one: refused, unreachable or timed out. When the name is unknown at start, nginx does not start.",
		Mends:    "resolver with the name in a variable; or since 1.27.3 \"server NAME resolve\" with zone in the upstream{}.",
		From:     "ngx_parse_url() and ngx_inet_resolve_host() resolve when the configuration is read.",
		Versions: "all; resolve is there since 1.27.3",
	},
	look: func(in *inquiry) (found []remark) {
		seen := map[string]bool{}
		for _, p := range in.peers() {
			host := p.host()
			if p.network != "tcp" || seen[host] || p.at == p.pass.Directive && in.config.Group(host) != nil || !changes(host) || hasParameter(p.at, "resolve") {
				continue
			}
			seen[host] = true
			found = append(found, remark{at: p.at, certainty: Possible, upstream: p.target().String(),
				says: host + " is looked up once, when nginx starts or reloads", decides: "getent hosts " + host + " now, against the address in the error log"})
		}
		return found
	},
})

var movingName = regexp.MustCompile(`(?i)\.(elb|elasticloadbalancing|rds|compute)[.-].*amazonaws\.com$|\.amazonaws\.com$|\.svc(\.cluster\.local)?$|\.consul$|\.azurewebsites\.net$|\.run\.app$|\.herokuapp\.com$`)

// changes tells whether a name is one whose address moves: without a dot (a container's), or a cloud's.
func changes(host string) bool {
	if host == "" || host == "localhost" || net.ParseIP(strings.Trim(host, "[]")) != nil {
		return false
	}
	return !strings.Contains(host, ".") || movingName.MatchString(host)
}

func hasParameter(d *nginx.Directive, name string) bool {
	for _, a := range d.Args {
		if key, _, _ := strings.Cut(a.Text, "="); key == name {
			return true
		}
	}
	return false
}

var _ = registerCheck(check{
	name: "resolver-ipv6", cause: "ipv6-unreachable", severity: SeverityNote,
	doc: CheckDoc{
		What: "The resolver also asks for AAAA records, and this host has no route to IPv6: every attempt at such an address fails at once (101, 99), and a request that " +
			"meets only those is a 502. Reported where the host's routes show it.",
		Mends: "resolver … ipv6=off;",
		From:  "ngx_resolver_create(): ipv6=on is the default; directive resolver.",
	},
	look: func(in *inquiry) (found []remark) {
		route := in.noIPv6()
		if route == "" {
			return nil
		}
		in.config.Walk(func(d *nginx.Directive) {
			if d.Name != "resolver" || len(d.Args) == 0 || hasParameter(d, "ipv6") || !nginx.HTTP(d) {
				return
			}
			found = append(found, remark{at: d, certainty: Likely, says: "IPv6 addresses are asked for, and this host cannot reach any",
				evidence: []Fact{fact(fromKernel, "there is no route to %s", route)}, decides: "ip -6 route",
				remedies: in.edit("ask for IPv4 addresses only", in.config.AppendArg(d, "ipv6=off"))})
		})
		return found
	},
})

// noIPv6 returns a destination that shows that the host has no IPv6, or nothing.
func (in *inquiry) noIPv6() string {
	if in.host == nil {
		return ""
	}
	for _, r := range in.host.Routes {
		host, _, err := net.SplitHostPort(r.Destination)
		ip := net.ParseIP(host)
		if err == nil && ip != nil && ip.To4() == nil && !ip.IsLoopback() && (r.Kind == "none" || r.Errno == 101 || r.Errno == 99) {
			return r.Destination
		}
	}
	return ""
}

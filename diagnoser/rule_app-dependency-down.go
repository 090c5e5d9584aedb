package diagnoser

import (
	"net"
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "app-dependency-down",
	doc: Doc{
		What:    "The application runs, but what it needs for the answer does not: a database, a cache, a remote API. It waits, and the proxy's timeout comes first; or it ends; or it answers 502 or 504 itself, which only the access log tells.",
		Confirm: "The application's log names what it waits for; a stack dump of a busy worker stands in a connect or read. curl -i past the proxy shows a status that is its own.",
		Mends:   "Bring the dependency back; give the application a timeout of its own towards it that is shorter than the proxy's, and an answer that says so.",
		Hides:   "A longer read timeout in the proxy; http_502 in proxy_next_upstream, where another server has what this one lacks.",
		Source:  "ngx_http_upstream_process_header, whose timer ends first",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Outcome == evidence.SentError {
			return in.sentError(g)
		}
		if !(g.late() || g.died() || g.is(evidence.Connecting, evidence.Refused)) {
			return nil
		}
		if s := in.seen["app-dependency-down"]; s != nil && g.Proxy == "haproxy" && strings.Contains(s.text, " is DOWN, reason:") {
			return nil // its own server
		}
		return in.missingDependency(g, in.hinted("app-dependency-down", "the application's log; a stack dump of a busy worker"))
	},
})

// dependencyAddress is where an application's log says that it could not connect: node's and Go's
// "ECONNREFUSED 127.0.0.1:5432", libpq's `server at "127.0.0.1", port 5432`, others' (127.0.0.1:3306).
var dependencyAddress = regexp.MustCompile(`(?:\b|::ffff:)(\d{1,3}(?:\.\d{1,3}){3})(?::|", port | port |", )(\d{2,5})\b`)

// missingDependency looks for a listener at the address that the application's log names: where the host is
// known and nothing listens, that decides.
func (in *inquiry) missingDependency(g *group, o *opinion) *opinion {
	if o == nil || in.seen["app-dependency-down"] == nil {
		return o
	}
	m := dependencyAddress.FindStringSubmatch(in.seen["app-dependency-down"].text)
	if m == nil {
		return o
	}
	t := evidence.Target{Network: "tcp", Address: net.JoinHostPort(m[1], m[2])}
	if t.Address == g.target.Address || in.blind() || !in.sees("tcp listeners") || !in.local(t) || in.listener(t) != nil {
		return o
	}
	o.certainty, o.weight = Proved, 5
	o.evidence = append(o.evidence, fact(fromSocket, "nothing listens on %s", t.Address))
	o.remedies = []Remedy{{Action: StartBackend, Summary: "start what the application waits for on " + t.Address, Params: &Params{Upstream: t.Address},
		Commands: []string{"ss -ltnp 'sport = :" + m[2] + "'", "systemctl start SERVICE", "docker compose up -d SERVICE"}}}
	return o
}

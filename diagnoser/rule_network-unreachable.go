package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "network-unreachable",
	doc: Doc{
		What: "The kernel of the proxy's host has no way to the backend's address: no route, or one that says unreachable (errno 113), " +
			"prohibit (13) or blackhole (22). With connect() to ADDRESS in the log, connect(2) itself said so.",
		Confirm: "ip route get ADDRESS answers with the same error; ip route show type prohibit, type unreachable and type blackhole name the route.",
		Mends:   "Remove or correct the route; start the VPN or interface that should carry it; correct the address.",
		Hides:   "A second upstream. Timeouts play no part: the error comes at once.",
		Source:  "ip-route(8), types prohibit, unreachable and blackhole",
	},
	judge: func(in *inquiry, g *group) *opinion {
		routeErrno := g.Outcome == evidence.Unreachable || g.Immediate && g.Errno == 13
		if g.Phase != evidence.Connecting || !routeErrno || !g.notUnix() {
			return nil
		}
		o := &opinion{certainty: Possible, check: "ip route get " + hostOf(g.target.Address)}
		r := in.route(g.target)
		switch {
		case r != nil && refuses(r.Kind):
			o.certainty, o.weight = Proved, 2
			if d := routeOf(r); d != "" {
				o.remedies = []Remedy{{Action: RemoveRoute, Summary: "remove the route of kind " + r.Kind + " to " + d, Params: &Params{Setting: r.Kind, Value: d},
					Commands: []string{"ip route del " + r.Rule}}}
			}
			o.evidence = append(o.evidence, fact(fromKernel, "the route to %s is of kind %s: %s", r.Destination, r.Kind, r.Rule))
		case g.Errno == 13:
			return nil // the denial of a policy is judged by its own rule
		case g.Immediate || g.Errno == 101:
			o.certainty = Likely
			o.evidence = append(o.evidence, fact(fromLog, "connect(2) itself failed: the host's own routes refuse"))
		}
		if p := in.probe(g); p != nil {
			addProbe(o, p, evidence.Unreachable, evidence.Denied)
		}
		return o
	},
})

func refuses(kind string) bool {
	switch kind {
	case "prohibit", "unreachable", "blackhole", "none":
		return true
	}
	return false
}

// routeOf is the destination of a route as ip route prints it, "" where it was not printed.
func routeOf(r *evidence.Route) string {
	fields := strings.Fields(r.Rule)
	if len(fields) > 1 && fields[0] == r.Kind {
		return fields[1]
	}
	return ""
}

package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "app-dependency-down",
	doc: Doc{
		What:    "The application runs, but what it needs for the answer does not: a database, a cache, a remote API. It waits, and the proxy's timeout comes first; or it ends.",
		Confirm: "The application's log names what it waits for; a stack dump of a busy worker stands in a connect or read.",
		Mends:   "Bring the dependency back; give the application a timeout of its own towards it that is shorter than the proxy's, and an answer that says so.",
		Hides:   "A longer read timeout in the proxy.",
		Source:  "ngx_http_upstream_process_header, whose timer ends first",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !(g.late() || g.died() || g.is(evidence.Connecting, evidence.Refused)) {
			return nil
		}
		if s := in.seen["app-dependency-down"]; s != nil && g.Proxy == "haproxy" && strings.Contains(s.text, " is DOWN, reason:") {
			return nil // its own server
		}
		return in.hinted("app-dependency-down", "the application's log; a stack dump of a busy worker")
	},
})

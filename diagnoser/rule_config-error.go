package diagnoser

import (
	"maps"
	"slices"
	"strings"
)

var _ = register(rule{
	cause: "config-error",
	doc: Doc{
		What:    "The configuration, or what its variables make of it for a request, names no usable upstream. The client gets 500, or the proxy does not start.",
		Confirm: "nginx -t for what is wrong at start; the message names the value where a variable is empty.",
		Mends:   "The directive named; a default for the map or variable.",
		Hides:   "A restart does not get past it; without the directive the mistake is gone, and so is its purpose.",
		Source:  "ngx_http_proxy_eval, ngx_conf_parse",
	},
	judge: func(in *inquiry, g *group) *opinion {
		switch g.Signature {
		case "bad url", "bad local address", "cache key", "config", "tls setup":
			o := &opinion{certainty: Likely, check: "nginx -t"}
			in.sameRefusal(g, o)
			return o
		case "bind":
			return &opinion{certainty: Possible, check: "ip addr: is the address of proxy_bind there?"}
		}
		return nil
	},
})

// sameRefusal looks for the check that finds in the configuration what nginx said of it.
func (in *inquiry) sameRefusal(g *group, o *opinion) {
	for _, name := range slices.Sorted(maps.Keys(checks)) {
		for _, m := range checks[name].look(in) {
			message, refuses := strings.CutPrefix(m.says, refusal)
			if !refuses || !strings.Contains(g.Message, message) {
				continue
			}
			o.certainty, o.where, o.remedies = Proved, in.where(m.at), m.remedies
			o.evidence = append(o.evidence, in.configFact(m.at, "%s", m.at.Text()))
			o.evidence = append(o.evidence, m.evidence...)
			return
		}
	}
}

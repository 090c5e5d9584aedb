package diagnoser

import (
	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "proxy-bug",
	doc: Doc{
		What:    "The proxy's own version is at fault: it takes a good response for a bad one, or loses one. The backend's answer past the proxy is sound.",
		Confirm: "Another version of the proxy, older or newer, works with the same configuration; its list of changes names the repair.",
		Mends:   "The version with the repair.",
		Hides:   "Switching off what the bug needs: HTTP/2 to the backend, keep-alive, compression.",
		Source:  "nginx CHANGES, HAProxy and httpd change logs",
	},
	judge: func(in *inquiry, g *group) *opinion {
		p := in.probe(g)
		if g.Outcome != evidence.Invalid || !probed(p, evidence.OK) || g.Phase != evidence.ReadingHeader || in.proxy.Kind == "" || in.proxy.Kind == "nginx" {
			return nil
		}
		return &opinion{certainty: Possible, weight: 1, check: "another version of the proxy", evidence: []Fact{
			probeFact(p), fact(fromLog, "the proxy calls the same response invalid")}}
	},
})

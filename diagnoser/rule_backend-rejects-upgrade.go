package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = register(rule{
	cause: "backend-rejects-upgrade",
	doc: Doc{
		What:    "The proxy passes the request to become a websocket on, and the backend closes the connection: the path serves none, the origin is not allowed, or its server knows no upgrades.",
		Confirm: "The same request past the proxy, with the headers of an upgrade, ends the same way; the backend's log names the origin or the path.",
		Mends:   "The right path; the site's origin among those that the backend allows (Host and Origin as the client sent them); a server that speaks websockets (uvicorn[standard], an ASGI server).",
		Hides:   "A client that falls back to polling.",
		Source:  "RFC 6455 section 4.2.2",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.pass == nil || !webSocketPath(g) || !g.died() || g.Phase != evidence.ReadingHeader || !in.passesUpgrade(g.pass) {
			return nil
		}
		return &opinion{certainty: Likely, weight: 2, check: "the same request with its Upgrade headers past the proxy", evidence: []Fact{
			in.configFact(g.pass.Directive, "Upgrade is passed on here, and the backend ends the connection")}}
	},
})

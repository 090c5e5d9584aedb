package diagnoser

import (
	"net/http"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = register(rule{
	cause: "websocket-upgrade-missing",
	doc: Doc{
		What: "The request asks to become a websocket, and the proxy does not pass that on: Upgrade and Connection are hop-by-hop headers, which nginx drops " +
			"unless it is told to send them, with HTTP/1.1. The backend sees a plain GET at a path that knows none, and ends it.",
		Confirm: "curl -i -N -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' past the proxy answers 101, through the proxy it does not.",
		Mends:   "In that location: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection of a map of $http_upgrade. Apache: mod_proxy_wstunnel, or upgrade=websocket (2.4.47).",
		Hides:   "A client that falls back to polling.",
		Source:  "RFC 6455 section 4.1, RFC 9110 section 7.6.1; ngx_http_proxy_module, proxy_set_header",
	},
	judge: func(in *inquiry, g *group) *opinion {
		died := g.died() && g.Phase == evidence.ReadingHeader || g.Outcome == evidence.Invalid
		late := g.late() && g.pass != nil && !strings.Contains(g.Request, "transport=polling") // a backend that waits for the upgrade
		if !webSocketPath(g) || !died && !late {
			return nil
		}
		o := &opinion{certainty: Possible, weight: 2, check: "curl -i with the headers Connection: Upgrade and Upgrade: websocket past the proxy", evidence: []Fact{
			fact(fromLog, "%s is a path of websockets", g.uri)}, also: []Alternative{
			{"backend-rejects-upgrade", "the backend may close upgrade requests on that path", "the same request past the proxy"},
			{"backend-connection-reset", "the backend may end the connection for a reason of its own", "its log"}}}
		if g.pass == nil {
			if strings.Contains(g.Request, "transport=websocket") {
				o.certainty, o.weight = Likely, 1 // no client asks so but for an upgrade
			}
			return o
		}
		if in.passesUpgrade(g.pass) {
			return nil
		}
		o.certainty = Likely
		o.evidence = append(o.evidence, in.configFact(g.pass.Directive, "the Upgrade header is not passed on here"))
		if p := in.upgraded(g); p != nil && p.Status == http.StatusSwitchingProtocols {
			o.certainty, o.weight = Proved, 5
			o.evidence = append(o.evidence, fact(fromProbe, "a direct %s that asked for the upgrade was answered %d after %s", p.Request, p.Status, round(p.HeaderAfter)))
		}
		o.remedies = in.passUpgrade(g.pass)
		return o
	},
})

// webSocketWords stand in the paths at which frameworks serve websockets.
var webSocketWords = []string{"/websocket", "/ws/", "/ws?", "/ws ", "/wss/", "socket.io", "/sockjs", "/cable", "/signalr", "/hubs/", "/_next/webpack-hmr",
	"/ws-", "/vncws", "/websockify", "transport=websocket", "/live/websocket", "/graphql-ws", "/subscriptions"}

func webSocketPath(g *group) bool {
	_, returned, _ := strings.Cut(g.Text, "returned by ") // Apache names the path there
	uri := strings.ToLower(g.Request + " " + g.uri + " " + returned + " ")
	for _, w := range webSocketWords {
		if strings.Contains(uri, w) {
			return true
		}
	}
	return false
}

// passesUpgrade tells whether the Upgrade header is set for a pass.
func (in *inquiry) passesUpgrade(p *nginx.Pass) bool {
	for _, d := range in.config.EffectiveAll(p.Directive.Parent, "proxy_set_header") {
		if strings.EqualFold(d.Arg(0), "Upgrade") && d.Arg(1) != "" {
			return true
		}
	}
	return false
}

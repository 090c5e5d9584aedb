package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = register(rule{
	cause: "tls-handshake-stalled",
	doc: Doc{
		What:    "The backend took the connection and did not finish the TLS handshake within proxy_connect_timeout, which connect and handshake share: it hangs, or it is no TLS server and waits for more input.",
		Confirm: "openssl s_client -connect ADDRESS hangs as well; curl http://ADDRESS/ is answered where the port is plain.",
		Mends:   "The backend; or http:// in the pass where the port speaks plain HTTP.",
		Hides:   "A longer proxy_connect_timeout.",
		Source:  "ngx_http_upstream_ssl_init_connection, whose timer is that of connect",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !g.is(evidence.Handshaking, evidence.TimedOut) {
			return nil
		}
		o := &opinion{certainty: Likely, check: "openssl s_client -connect " + g.target.Address, also: []Alternative{
			{"tls-scheme-mismatch", "a plain server waits for the end of a line", "curl http://" + g.target.Address + "/"}}}
		o.remedies = []Remedy{backend(RestartBackend, "restart the backend, which accepts connections and does not get on with the handshake", g)}
		if p := in.probe(g); p != nil {
			addProbe(o, p, evidence.TimedOut)
			if plain := in.inTongue(g, "http"); p.Phase == evidence.Handshaking && probed(p, evidence.TimedOut) && plain != nil && (!probed(plain, evidence.OK) || tlsAnswersPlain(plain)) {
				o.certainty = Proved
				o.evidence = append(o.evidence, probeFact(plain))
			}
		}
		return o
	},
})

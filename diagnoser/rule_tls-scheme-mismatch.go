package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "tls-scheme-mismatch",
	doc: Doc{
		What:    "The proxy begins a TLS handshake with a port that speaks plain HTTP: https:// or grpcs:// in the pass where http:// belongs, or the wrong one of two ports.",
		Confirm: "curl http://ADDRESS/ is answered, openssl s_client -connect ADDRESS says wrong version number.",
		Mends:   "http:// in the pass, or the backend's TLS port.",
		Hides:   "Options of proxy_ssl_* change nothing: there is no TLS on the other side.",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Phase != evidence.Handshaking || g.Outcome == evidence.TimedOut || g.Signature == "tls certificate" {
			return nil
		}
		meaning := tlsMeaning(g.Message)
		o := &opinion{certainty: Possible, check: "curl http://" + g.target.Address + "/"}
		if strings.Contains(meaning, "plain text") {
			o.certainty = Likely
			o.evidence = append(o.evidence, fact(fromLog, "%s", meaning))
			o.also = []Alternative{{"wrong-port", "the TLS port may be another one", "ss -ltnp"}}
			return o
		}
		if g.Signature == "tls handshake" && meaning != "" {
			return nil
		}
		return o
	},
})

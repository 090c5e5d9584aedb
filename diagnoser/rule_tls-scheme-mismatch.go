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
		Source:  "OpenSSL, ssl3_get_record: wrong version number; RFC 8446 section 5.1",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature == "client tls" && g.Request != "" && strings.Contains(tlsMeaning(g.Message), "plain text") {
			return &opinion{certainty: Likely, weight: 1, check: "curl http:// past the proxy", evidence: []Fact{
				fact(fromLog, "the request was there already, so the handshake that met plain text was with the backend")}}
		}
		if o := in.otherScheme(g); o != nil {
			return o
		}
		if g.died() && g.Phase == evidence.ReadingHeader || g.Phase == evidence.Handshaking || g.Outcome == evidence.Invalid {
			if o := in.hinted("tls-scheme-mismatch", "openssl s_client -connect "+g.target.Address); o != nil {
				return o
			}
		}
		if o := in.noCommonVersion(g); o != nil {
			return o
		}
		if o := in.tlsExpected(g); o != nil {
			return o
		}
		if g.Phase != evidence.Handshaking || g.Outcome == evidence.TimedOut || g.Signature == "tls certificate" {
			return nil
		}
		meaning := tlsMeaning(g.Message)
		o := &opinion{certainty: Possible, check: "curl http://" + g.target.Address + "/"}
		if strings.Contains(meaning, "plain text") || g.Signature == "plain text" {
			o.certainty = Likely
			o.evidence = append(o.evidence, fact(fromLog, "the backend answered in plain text"))
			o.also = []Alternative{{"wrong-port", "the TLS port may be another one", "ss -ltnp"}}
			o.remedies = in.withScheme(g, bare(g.target.Protocol))
			return o
		}
		if g.Signature == "tls handshake" && meaning != "" {
			return nil
		}
		return o
	},
})

// otherScheme proves the mismatch: asked the other way, with TLS or without, the backend answered.
func (in *inquiry) otherScheme(g *group) *opinion {
	protocol, p := in.spokenTongue(g)
	if p == nil || bare(protocol) != bare(g.target.Protocol) {
		return nil
	}
	o := &opinion{check: "curl " + p.Target.String() + "/"}
	in.addTongue(o, g)
	return o
}

// tlsPorts are ports on which servers speak TLS by default; OpenSearch and Elasticsearch 8 do so on 9200.
var tlsPorts = map[string]bool{"443": true, "8443": true, "9443": true, "6443": true, "10443": true, "4443": true, "7443": true, "2376": true, "8883": true, "9200": true}

// tlsExpected judges the other way round: http:// to a port that speaks TLS. Some servers answer 400 in plain
// text, strict ones end the connection.
func (in *inquiry) tlsExpected(g *group) *opinion {
	if g.Signature == "tls expected" {
		return &opinion{certainty: Likely, weight: 2, check: "openssl s_client -connect " + g.target.Address, evidence: []Fact{
			fact(fromLog, "the backend was asked in plain text and wants TLS")}}
	}
	plain := g.target.Protocol == "http" || g.target.Protocol == "grpc"
	if !plain || g.Phase != evidence.ReadingHeader || !tlsPorts[portIn(g.target.Address)] || !(g.died() || g.Signature == "not http") || !in.blind() || in.probe(g) != nil {
		return nil
	}
	return &opinion{certainty: Likely, weight: 2, check: "openssl s_client -connect " + g.target.Address, evidence: []Fact{
		fact(fromLog, "port %s is one of TLS as a rule, and the proxy asks in plain text", portIn(g.target.Address))},
		also: []Alternative{{"backend-connection-reset", "the backend may end connections for a reason of its own", "its log"}}}
}

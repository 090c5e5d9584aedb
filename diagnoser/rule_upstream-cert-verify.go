package diagnoser

import "strings"

var _ = register(rule{
	cause: "upstream-cert-verify",
	doc: Doc{
		What:    "proxy_ssl_verify is on and the backend's certificate does not stand up: expired, signed by an unknown authority, an intermediate missing, or made for another name.",
		Confirm: "openssl s_client -connect ADDRESS -servername NAME -CAfile FILE; the log gives the verification's error number.",
		Mends:   "Renew the certificate or send its chain; proxy_ssl_trusted_certificate with the right authority; proxy_ssl_name where the upstream{} block's name is compared.",
		Hides:   "proxy_ssl_verify off: the connection is encrypted to whoever answers.",
		Source:  "ngx_http_upstream_ssl_handshake, X509_verify_cert; RFC 8446 section 4.4.2",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if o := wantsCertificate(g); o != nil {
			in.clientCertificate(g, o)
			return o
		}
		if g.Signature == "tls handshake" && tlsMeaning(g.Message) == "" && g.Proxy == "apache" {
			return &opinion{certainty: Possible, weight: 1, check: "openssl s_client -connect ADDRESS -servername NAME", evidence: []Fact{
				fact(fromLog, "Apache compares name and time of the backend's certificate by itself: SSLProxyCheckPeerName, SSLProxyCheckPeerExpire")}}
		}
		if g.Signature != "tls certificate" {
			return nil
		}
		o := &opinion{certainty: Likely, check: "openssl s_client -connect " + g.target.Address + " -servername NAME"}
		in.badCertificate(g, o)
		return o
	},
})

// wantsCertificate judges the other direction: the backend wants the proxy's certificate, or refuses it.
func wantsCertificate(g *group) *opinion {
	meaning := tlsMeaning(g.Message)
	if !strings.HasPrefix(g.Signature, "tls ") || !strings.Contains(meaning, "client certificate") || strings.Contains(meaning, "missing server name") {
		return nil
	}
	return &opinion{certainty: Possible, weight: 2, check: "openssl s_client -connect " + g.target.Address + " -cert FILE -key FILE", evidence: []Fact{
		fact(fromLog, "%s: proxy_ssl_certificate and proxy_ssl_certificate_key", meaning)}}
}

package diagnoser

import (
	"net"
	"regexp"
	"strings"
)

var _ = register(rule{
	cause: "sni-missing",
	doc: Doc{
		What: "The proxy sends no server name in the TLS handshake (proxy_ssl_server_name is off by default), and the backend, which serves several names, " +
			"refuses: alert 40, 80 or 112, or a closed connection.",
		Confirm: "openssl s_client -connect ADDRESS -noservername fails, -servername NAME succeeds.",
		Mends:   "proxy_ssl_server_name on; and proxy_ssl_name NAME; where the pass names an upstream{} block, whose name would be sent.",
		Hides:   "A default server on the backend that answers anything with the wrong certificate.",
		Source:  "ngx_http_upstream_ssl_name; RFC 6066 section 3",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !strings.HasPrefix(g.Signature, "tls ") || g.Signature == "tls certificate" || g.Signature == "tls setup" {
			return nil
		}
		meaning := tlsMeaning(g.Message)
		if strings.Contains(meaning, "plain text") || g.Proxy == "apache" && !addressByApache(g) {
			return nil
		}
		o := &opinion{certainty: Possible, weight: 1, check: "openssl s_client -connect " + g.target.Address + " -servername NAME"}
		if meaning != "" {
			o.evidence = append(o.evidence, fact(fromLog, "%s", meaning))
		}
		if g.pass == nil || !strings.Contains(meaning, "server name") {
			return o
		}
		d := in.config.Effective(g.pass.Directive.Parent, g.pass.Prefix+"ssl_server_name")
		if d != nil && d.Arg(0) == "on" {
			o.against = append(o.against, in.configFact(d, "%s is on", d.Name))
			return o
		}
		o.certainty = Likely
		o.evidence = append(o.evidence, in.configFact(g.pass.Directive, "%sssl_server_name is not on", g.pass.Prefix))
		o.remedies = in.edit("send the server name", in.setSSL(g.pass, "server_name", "on")...)
		if in.namesAddress(g) {
			o.remedies = in.edit("send a server name: an address is never sent as one; where the backend knows another than the client asks for, write that",
				in.setSSL(g.pass, "server_name", "on", "name", "$host")...)
		}
		in.withName(g, o)
		return o
	},
})

// withName proves that the name is what is missing: a direct handshake that gave one was completed. Where the
// pass names an address, which is never sent, the name has to be told.
func (in *inquiry) withName(g *group, o *opinion) {
	t := in.shown(g)
	if t == nil || t.ServerName == "" {
		return
	}
	o.certainty, o.weight = Proved, 3
	o.evidence = append(o.evidence, fact(fromProbe, "a direct handshake with the server name %s was completed", t.ServerName))
	if in.namesAddress(g) {
		o.remedies = in.edit("send the server name "+t.ServerName, in.setSSL(g.pass, "server_name", "on", "name", t.ServerName)...)
	}
}

// namesAddress tells whether the pass gives nothing that can be sent as a server name (RFC 6066, 3;
// ngx_http_upstream_ssl_name leaves addresses out).
func (in *inquiry) namesAddress(g *group) bool {
	return g.pass.Group == nil && net.ParseIP(hostOf(g.pass.Host)) != nil && in.ssl(g.pass, "name") == nil
}

// asked is whom Apache asked, as its messages give it: "192.0.2.7:443 (app.internal)".
var asked = regexp.MustCompile(`\d:\d+ \(([^)\s]+)\)`)

// addressByApache tells whether Apache asked an address. A name it sends as the server's, or the client's Host with
// ProxyPreserveHost (ssl_engine_io.c, ssl_io_filter_handshake); only an address is not sent.
func addressByApache(g *group) bool {
	m := asked.FindStringSubmatch(g.Message)
	return m != nil && (net.ParseIP(m[1]) != nil || net.ParseIP(hostOf(m[1])) != nil)
}

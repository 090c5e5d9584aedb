package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = register(rule{
	cause: "sni-wrong",
	doc: Doc{
		What: "The proxy sends a server name in the TLS handshake that the backend does not serve: proxy_ssl_name is another one, or $proxy_host, " +
			"which is the name of the upstream{} block.",
		Confirm: "openssl s_client -connect ADDRESS -servername NAME with the name that is sent fails, and with the backend's succeeds.",
		Mends:   "proxy_ssl_name with the backend's own name; most often the Host header must be that name too.",
		Hides:   "proxy_ssl_server_name off works where the backend has a default for clients without a name.",
		Source:  "ngx_http_upstream_ssl_name, proxy_ssl_name; RFC 6066 section 3",
	},
	judge: func(in *inquiry, g *group) *opinion {
		meaning := tlsMeaning(g.Message)
		if o := nameOfHost(in, g); o != nil {
			return o
		}
		if !strings.HasPrefix(g.Signature, "tls ") || !strings.Contains(meaning, "server name") {
			return nil
		}
		p := in.passFor(g)
		if p == nil {
			return nil
		}
		d, on := in.ssl(p, "name"), in.ssl(p, "server_name")
		if d == nil && (on == nil || p.Group == nil) || on != nil && on.Arg(0) == "off" {
			return nil
		}
		o := &opinion{certainty: Likely, weight: 2, check: "openssl s_client -connect ADDRESS -servername NAME", evidence: []Fact{fact(fromLog, "%s", meaning)}}
		if d != nil {
			o.where = in.where(d)
			o.evidence = append(o.evidence, in.configFact(d, "%s is %s", d.Name, d.Value()))
		} else {
			o.evidence = append(o.evidence, in.configFact(p.Group.Directive, "without %sssl_name the name of this block is sent: %s", p.Prefix, p.Group.Name))
		}
		in.rightName(g, p, o)
		return o
	},
})

// rightName proposes the name with which a direct handshake was completed.
func (in *inquiry) rightName(g *group, p *nginx.Pass, o *opinion) {
	t := in.shown(g)
	if t == nil || t.ServerName == "" || p.Group != nil && t.ServerName == p.Group.Name {
		return
	}
	o.certainty, o.weight = Proved, 3
	o.evidence = append(o.evidence, fact(fromProbe, "a direct handshake with the server name %s was completed", t.ServerName))
	o.remedies = in.edit("send the server name "+t.ServerName, in.setSSL(p, "name", t.ServerName)...)
}

// nameOfHost judges a handshake of Apache's that failed without a reason: it sends the Host that the client asked for
// where ProxyPreserveHost is on, and else the name in the pass.
func nameOfHost(in *inquiry, g *group) *opinion {
	if g.Proxy != "apache" || g.Signature != "tls handshake" || tlsMeaning(g.Message) != "" || addressByApache(g) {
		return nil
	}
	o := &opinion{certainty: Possible, check: "openssl s_client -connect ADDRESS -servername NAME"}
	if in.elsewhere == nil {
		return o
	}
	for _, d := range in.elsewhere.Lines {
		if strings.EqualFold(d.Name, "ProxyPreserveHost") && strings.EqualFold(d.Arg(0), "on") {
			o.weight = 2
			o.evidence = append(o.evidence, factElsewhere(d, "%s: the client's Host is sent as the server name", d.Text()))
		}
	}
	return o
}

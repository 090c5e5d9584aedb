package diagnoser

import (
	"net"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = registerCheck(check{
	name: "tls-name-not-sent", cause: "sni-missing", severity: SeverityWarning,
	doc: CheckDoc{
		What: "The upstream speaks TLS and is known by a name, and the name is not sent in the handshake: proxy_ssl_server_name is off by default. A backend with several " +
			"certificates answers with an alert (40, 112, 80), which is a 502, or with the wrong certificate.",
		Mends: "proxy_ssl_server_name on; and where the pass names an upstream{}, proxy_ssl_name with the backend's name.",
		From:  "ngx_http_upstream_ssl_name(): without ssl_server_name nothing is sent; directive proxy_ssl_server_name.",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.httpPasses() {
			if !secure(p) || p.Variable {
				continue
			}
			if on, d := in.isOn(p, "ssl_server_name"); on || d == nil && !in.knows(p.Directive.Parent) {
				continue
			}
			name, named := tlsName(p)
			if name == "" {
				continue
			}
			edits := []nginx.Edit{in.set(p, p.Prefix+"ssl_server_name", "on")}
			if !named && in.config.Effective(p.Directive.Parent, p.Prefix+"ssl_name") == nil {
				edits = append(edits, in.set(p, p.Prefix+"ssl_name", name))
			}
			found = append(found, remark{at: p.Directive, certainty: Possible,
				says:     "the handshake does not say that " + name + " is meant: " + p.Prefix + "ssl_server_name is off",
				decides:  "openssl s_client -noservername -connect " + addressFor(p) + " </dev/null",
				remedies: in.edit("send the name in the handshake", joinInserts(edits)...)})
		}
		return found
	},
})

func secure(p *nginx.Pass) bool { return p.Protocol == "https" || p.Protocol == "grpcs" }

// tlsName is the name by which a backend is known: that of the pass (named), or the one
// host name of all servers of its group. Empty for addresses.
func tlsName(p *nginx.Pass) (name string, named bool) {
	if p.Group == nil {
		return domain(p.Address), true
	}
	for _, s := range p.Group.Servers {
		host := domain(s.Address)
		if host == "" || name != "" && name != host {
			return "", false
		}
		name = host
	}
	return name, false
}

// domain is the host of an address where it is a domain name with a dot.
func domain(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil || !strings.Contains(host, ".") || net.ParseIP(host) != nil {
		return ""
	}
	return host
}

func addressFor(p *nginx.Pass) string {
	if p.Group != nil && len(p.Group.Servers) > 0 {
		return p.Group.Servers[0].Address
	}
	return p.Address
}

var _ = registerCheck(check{
	name: "tls-verify-group-name", cause: "upstream-cert-verify", severity: SeverityError,
	doc: CheckDoc{
		What: "The certificate of the upstream is verified against $proxy_host, which is the name of the upstream{} block and in no certificate: " +
			"\"upstream SSL certificate does not match\", 502.",
		Mends: "proxy_ssl_name with the name in the backend's certificate.",
		From:  "ngx_http_upstream_ssl_name() takes u->ssl_name, $proxy_host by default; ngx_ssl_check_host().",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.httpPasses() {
			on, d := in.isOn(p, "ssl_verify")
			if !on || !secure(p) || p.Group == nil || strings.Contains(p.Group.Name, ".") ||
				in.config.Effective(p.Directive.Parent, p.Prefix+"ssl_name") != nil || !in.knows(p.Directive.Parent) {
				continue
			}
			m := remark{at: p.Directive, certainty: Likely, says: "the certificate is verified against " + p.Group.Name + ", the name of the upstream{}",
				evidence: []Fact{in.configFact(d, "%s", d.Text())}, decides: "openssl s_client -connect " + addressFor(p) + " </dev/null | openssl x509 -noout -text | grep DNS:"}
			if name, _ := tlsName(p); name != "" {
				m.remedies = in.edit("verify against the server's name", in.set(p, p.Prefix+"ssl_name", name))
			}
			found = append(found, m)
		}
		return found
	},
})

var _ = registerCheck(check{
	name: "tls-verify-without-ca", cause: "config-error", severity: SeverityError,
	doc: CheckDoc{
		What:  "Verification of the upstream's certificate is on, and no certificate authority is named: nginx does not start.",
		Mends: "proxy_ssl_trusted_certificate with the authority's file, such as the system's bundle.",
		From:  "ngx_http_proxy_set_ssl(): \"no proxy_ssl_trusted_certificate for proxy_ssl_verify\".",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.httpPasses() {
			on, d := in.isOn(p, "ssl_verify")
			if !on || !secure(p) || in.config.Effective(p.Directive.Parent, p.Prefix+"ssl_trusted_certificate") != nil || !in.knows(p.Directive.Parent) {
				continue
			}
			found = append(found, refused(d, "no "+p.Prefix+"ssl_trusted_certificate for "+p.Prefix+"ssl_verify"))
		}
		return found
	},
})

// refusal is how such a remark begins; the proxy's own words follow.
const refusal = "nginx -t refuses it: "

// refused is the remark of what nginx -t refuses, in its words.
func refused(d *nginx.Directive, message string) remark {
	return remark{at: d, certainty: Proved, says: refusal + message}
}

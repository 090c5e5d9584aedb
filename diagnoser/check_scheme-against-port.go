package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = registerCheck(check{
	name: "scheme-against-port", cause: "tls-scheme-mismatch", severity: SeverityWarning,
	doc: CheckDoc{
		What: "http:// to a port that usually speaks TLS (443, 8443), or https:// to one that usually does not (80, 8080, 3000, 8000). A TLS backend answers plain text with 400 or " +
			"closes; a plain backend answers a handshake with \"wrong version number\", which is a 502, or waits, which is a 504.",
		Mends: "The scheme that the backend speaks on that port.",
		From:  "ngx_http_proxy_pass(): the scheme alone decides whether TLS is spoken, the port does not.",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.peers() {
			want, certainty := otherScheme(p)
			if want == "" {
				continue
			}
			m := remark{at: p.at, certainty: certainty, upstream: p.target().String(),
				says:    "port " + p.port() + " is usually that of " + want + ", and " + p.pass.Directive.Text() + " speaks " + p.pass.Protocol,
				decides: "curl -vk https://" + p.address + "/ and curl -v http://" + p.address + "/: which is answered?"}
			d := p.pass.Directive
			m.remedies = in.edit("speak "+want+" to it", in.swap(d, 0, schemeOf(d.Arg(0)), want))
			if p.pass.Group != nil && len(p.pass.Group.Servers) > 1 {
				m.certainty, m.remedies = Possible, nil // the other servers have other ports
			}
			found = append(found, m)
		}
		return found
	},
})

func schemeOf(url string) string {
	scheme, _, _ := strings.Cut(url, "://")
	return scheme
}

func otherScheme(p peer) (scheme, certainty string) {
	switch p.port() + " " + p.pass.Protocol {
	case "443 http":
		return "https", Likely
	case "8443 http":
		return "https", Possible
	case "80 https":
		return "http", Likely
	case "8080 https", "3000 https", "8000 https":
		return "http", Possible
	}
	return "", ""
}

var _ = registerCheck(check{
	name: "grpc-through-proxy-pass", cause: "protocol-mismatch", severity: SeverityWarning,
	doc: CheckDoc{
		What: "proxy_pass speaks HTTP/1 to a port that is usually gRPC's, 50051, which speaks HTTP/2 only: the first bytes of the answer are no status line, or the " +
			"connection is closed at once. Either way 502.",
		Mends:    "grpc_pass; since 1.29.4 also proxy_http_version 2.",
		From:     "ngx_http_proxy_process_status_line(); directives grpc_pass and proxy_http_version.",
		Versions: "all; proxy_http_version 2 is there since 1.29.4",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.peers() {
			d := p.pass.Directive
			version := in.config.Effective(d.Parent, "proxy_http_version")
			if d.Name != "proxy_pass" || p.port() != "50051" || version != nil && version.Arg(0) == "2" {
				continue
			}
			m := remark{at: p.at, certainty: Likely, upstream: p.target().String(),
				says:    "port 50051 is usually gRPC's, which is HTTP/2; proxy_pass speaks HTTP/1 to it",
				decides: "curl --http2-prior-knowledge -v http://" + p.address + "/"}
			if p.pass.URI == "" {
				grpc := map[string]string{"http": "grpc", "https": "grpcs"}[p.pass.Protocol]
				m.remedies = in.edit("pass gRPC as such", nginx.Edit{File: d.File, Offset: d.Start, Old: "proxy_pass", New: "grpc_pass"},
					in.swap(d, 0, schemeOf(d.Arg(0)), grpc))
			}
			found = append(found, m)
		}
		return found
	},
})

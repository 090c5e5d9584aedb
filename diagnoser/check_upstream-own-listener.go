package diagnoser

import (
	"net"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = registerCheck(check{
	name: "upstream-own-listener", cause: "proxy-loop", severity: SeverityError,
	doc: CheckDoc{
		What: "The upstream is a port on which this proxy itself listens, and the request comes back to the same location: it goes round until file descriptors or " +
			"worker_connections run out, and ends as 500 or 502. Another server{} behind the same port is no loop and is not reported.",
		Mends: "The address or port of the backend; or the server_name that the Host header sent upstream must match.",
		From:  "ngx_http_find_virtual_server(): the server is chosen by address and Host; a Host that matches none goes to the default server.",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.peers() {
			if p.network != "tcp" || !isLoopback(p.host()) || p.pass.Protocol != "http" && p.pass.Protocol != "https" {
				continue
			}
			own := in.comesBack(p)
			if own == nil {
				continue
			}
			found = append(found, remark{at: p.at, certainty: Likely, upstream: p.target().String(),
				says:     "the request comes back to " + own.Parent.Text() + " of the server at line " + lineOf(p.pass.Server()) + ", and goes round",
				evidence: []Fact{in.configFact(own, "nginx itself listens on port %s here, and its server is chosen for the Host header sent upstream", p.port())},
				decides:  "nginx -T | grep listen; the access log shows one request many times"})
		}
		return found
	},
})

// comesBack returns the pass's directive where a request through it would meet the same pass
// again: the server that nginx chooses for the address and the Host header sent is its
// own, and so is the location that serves the path.
func (in *inquiry) comesBack(p peer) *nginx.Directive {
	server := p.pass.Server()
	if server == nil {
		return nil
	}
	host, sure := in.sentHost(p.pass)
	if !sure {
		return nil
	}
	if in.config.ServerAt(p.address, host) != server {
		return nil
	}
	uri := p.pass.URI
	if uri == "" {
		if uri = in.prefixOf(p.pass); uri == "" {
			return nil
		}
	}
	place := nginx.Enclosing(p.pass.Directive.Parent, "location")
	if place == nil || nginx.Locate(server, uri) != place {
		return nil
	}
	return p.pass.Directive
}

// sentHost is the Host header that a pass sends: $proxy_host by default. A
// variable that holds the client's own is the server's first name.
func (in *inquiry) sentHost(p *nginx.Pass) (string, bool) {
	for _, h := range in.config.EffectiveAll(p.Directive.Parent, "proxy_set_header") {
		if !strings.EqualFold(h.Arg(0), "Host") {
			continue
		}
		switch value := h.Arg(1); {
		case value == "$host" || value == "$http_host" || value == "$server_name":
			if d := p.Server().Child("server_name"); d != nil {
				return d.Arg(0), !strings.ContainsAny(d.Arg(0), "*~")
			}
			return "", true
		case value == "$proxy_host":
		case strings.Contains(value, "$"):
			return "", false
		default:
			return value, true
		}
	}
	host, _, err := net.SplitHostPort(p.Host)
	if err != nil {
		host = p.Host
	}
	return host, true
}

// prefixOf is a path that the pass's location serves, where that is a prefix.
func (in *inquiry) prefixOf(p *nginx.Pass) string {
	l := nginx.Enclosing(p.Directive.Parent, "location")
	switch {
	case l == nil:
		return ""
	case len(l.Args) == 1 && strings.HasPrefix(l.Arg(0), "/"):
		return l.Arg(0)
	case len(l.Args) == 2 && (l.Arg(0) == "=" || l.Arg(0) == "^~"):
		return l.Arg(1)
	}
	return ""
}

package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = registerCheck(check{
	name: "proxy-protocol-own-listener", cause: "backend-connection-reset", severity: SeverityError,
	doc: CheckDoc{
		What: "The pass leads to a listener of this proxy that expects the PROXY protocol, which proxy_pass in http{} never sends, and in stream{} with proxy_protocol on only: the " +
			"connection is closed with \"broken header\", and the client gets 502, or from stream{} nothing.",
		Mends: "A listener without proxy_protocol for what comes from this proxy itself; in stream{} proxy_protocol on.",
		From:  "ngx_http_wait_request_handler(), ngx_proxy_protocol_read(): \"broken header while reading PROXY protocol\".",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range append(in.peers(), in.streamPeers()...) {
			if p.network != "tcp" || !isLoopback(p.host()) || p.pass.Prefix != "proxy_" && p.pass.Prefix != "grpc_" || in.sendsProxyHeader(p.pass) {
				continue
			}
			if l := in.listenWith(p, "proxy_protocol"); l != nil {
				found = append(found, remark{at: p.at, certainty: Proved, upstream: p.target().String(), says: "the listener expects a PROXY protocol header, which is not sent",
					evidence: []Fact{in.configFact(l, "%s", l.Text())}})
			}
		}
		return found
	},
})

var _ = registerCheck(check{
	name: "proxy-protocol-not-expected", cause: "protocol-mismatch", severity: SeverityError,
	doc: CheckDoc{
		What: "stream{} sends the PROXY protocol's header to a listener of http{} in this configuration that does not expect it: the header is read as a request and answered 400, in " +
			"the middle of the client's TLS handshake where there is one.",
		Mends: "listen with proxy_protocol there, or no proxy_protocol on in stream{}.",
		From:  "ngx_stream_proxy_module, proxy_protocol; ngx_http_wait_request_handler() reads the header only where listen says so.",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.streamPeers() {
			if p.network != "tcp" || !isLoopback(p.host()) || !in.sendsProxyHeader(p.pass) || in.listenWith(p, "proxy_protocol") != nil {
				continue
			}
			l := in.listenOf(p)
			if l == nil {
				continue
			}
			on := in.config.Effective(p.pass.Directive.Parent, "proxy_protocol")
			m := remark{at: on, certainty: Proved, upstream: p.address, says: "a PROXY protocol header is sent, which the listener does not expect",
				evidence: []Fact{in.configFact(l, "%s", l.Text()), in.configFact(p.at, "%s", p.at.Text())}}
			if !strings.HasPrefix(nginx.ListenAddress(l.Arg(0)), "*:") && !strings.HasPrefix(l.Arg(0), "0.0.0.0") {
				m.remedies = in.edit("expect the header there", in.config.AppendArg(l, "proxy_protocol")) // nobody else comes to a loopback address
			}
			found = append(found, m)
		}
		return found
	},
})

// streamPeers returns all addresses of stream{} that are written out.
func (in *inquiry) streamPeers() (list []peer) {
	for _, p := range in.config.Passes() {
		server := p.Server()
		if nginx.Enclosing(p.Directive.Parent, "stream") == nil || server == nil || p.Variable {
			continue
		}
		if l := server.Child("listen"); l == nil || hasParameter(l, "udp") {
			continue
		}
		if p.Group == nil {
			list = append(list, peer{p, p.Directive, p.Network, p.Address})
			continue
		}
		for _, s := range p.Group.Servers {
			if !nginx.HTTP(s.Directive) {
				list = append(list, peer{p, s.Directive, s.Network, s.Address})
			}
		}
	}
	return list
}

// sendsProxyHeader tells whether a pass begins each connection with the PROXY protocol's header: in stream{} alone.
func (in *inquiry) sendsProxyHeader(p *nginx.Pass) bool {
	d := in.config.Effective(p.Directive.Parent, "proxy_protocol")
	return d != nil && d.Arg(0) == "on" && !nginx.HTTP(p.Directive)
}

// listenOf returns the listen directive of http{} that takes a peer's connections, nil without one.
func (in *inquiry) listenOf(p peer) (found *nginx.Directive) {
	for _, d := range in.config.Named("listen") {
		if !nginx.HTTP(d) || len(d.Args) == 0 || hasParameter(d, "quic") {
			continue
		}
		switch nginx.ListenAddress(d.Arg(0)) {
		case p.address:
			return d
		case "*:" + p.port(), "0.0.0.0:" + p.port():
			found = d
		}
	}
	return found
}

// listenWith returns the listen directive of the address that a peer dials, if it has a
// parameter: that of one listen directive holds for all servers of the address.
func (in *inquiry) listenWith(p peer, parameter string) (found *nginx.Directive) {
	host := p.host()
	if host == "localhost" {
		host = "127.0.0.1"
	}
	literal := false
	in.config.Walk(func(d *nginx.Directive) {
		if d.Name != "listen" || d.Parent == nil || d.Parent.Name != "server" || len(d.Args) == 0 {
			return
		}
		address := nginx.ListenAddress(d.Arg(0))
		switch {
		case address == host+":"+p.port():
			if !literal {
				found = nil
			}
			literal = true
		case literal || address != "*:"+p.port() && address != "0.0.0.0:"+p.port():
			return
		}
		if hasParameter(d, parameter) {
			found = d
		}
	})
	return found
}

var _ = registerCheck(check{
	name: "auth-request-backend", cause: "auth-request-unexpected-status", severity: SeverityError,
	doc: CheckDoc{
		What: "auth_request asks a location whose backend does not listen: every request there is answered 500, \"auth request unexpected status: 502\". " +
			"Reported where the host's listeners show it.",
		Mends: "The authentication service, or its address.",
		From:  "ngx_http_auth_request_handler(): \"auth request unexpected status\".",
	},
	look: func(in *inquiry) (found []remark) {
		in.config.Walk(func(d *nginx.Directive) {
			if d.Name != "auth_request" || d.Arg(0) == "off" || len(d.Args) == 0 {
				return
			}
			server := nginx.Enclosing(d, "server")
			if server == nil || !in.sees("tcp listeners") {
				return
			}
			place := nginx.Locate(server, d.Arg(0))
			for _, p := range in.peers() {
				if p.pass.Directive.Parent != place || place == nil || p.network != "tcp" || !isLoopback(p.host()) || p.host() == "localhost" {
					continue
				}
				if in.listener(evidence.Target{Protocol: p.pass.Protocol, Network: p.network, Address: p.address}) == nil {
					found = append(found, remark{at: d, certainty: Likely, upstream: p.target().String(), says: "nothing listens on " + p.address + ", which this asks first",
						evidence: []Fact{in.configFact(p.at, "%s", p.at.Text())}, decides: "ss -ltn 'sport = :" + p.port() + "'"})
				}
			}
		})
		return found
	},
})

var _ = registerCheck(check{
	name: "pass-slash", cause: "config-error", severity: SeverityNote,
	doc: CheckDoc{
		What: "The location ends with a slash and the path of proxy_pass does not, or the other way round: nginx puts the rest of the request's path behind it as it is, so /api/x " +
			"becomes /v1x or //x. The backend answers 404; it is never a 502.",
		Mends: "A slash at the end of both, or of neither.",
		From:  "ngx_http_proxy_create_request(): the part of the path that matched is replaced by the URI of proxy_pass.",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.httpPasses() {
			prefix := in.prefixOf(p)
			l := nginx.Enclosing(p.Directive.Parent, "location")
			if p.URI == "" || prefix == "" || l.Arg(0) == "=" || strings.Contains(p.Directive.Arg(0), "$") || nginx.Enclosing(p.Directive.Parent, "if") != nil ||
				strings.HasSuffix(prefix, "/") == strings.HasSuffix(p.URI, "/") || hasRewrite(l) {
				continue
			}
			rest := "/x"
			if strings.HasSuffix(prefix, "/") {
				rest = "x"
			}
			m := remark{at: p.Directive, certainty: Possible, says: prefix + rest + " is sent upstream as " + p.URI + rest, decides: "the path in the backend's access log"}
			if rest == "x" {
				m.remedies = in.edit("end both with a slash", in.config.ReplaceArg(p.Directive, 0, p.Directive.Arg(0)+"/"))
			}
			found = append(found, m)
		}
		return found
	},
})

func hasRewrite(location *nginx.Directive) bool { return location.Child("rewrite") != nil }

var _ = registerCheck(check{
	name: "loopback-in-container", cause: "container-localhost", severity: SeverityWarning,
	doc: CheckDoc{
		What: "The configuration uses Docker's resolver, 127.0.0.11, so nginx runs in a container, and the upstream is a loopback address: the container's own, on which no other " +
			"container listens. Connection refused (111), 502. One that runs its backend beside nginx, in one container, is right.",
		Mends: "The name of the backend's service in the Docker network; host.docker.internal for one on the host.",
		From:  "network_namespaces(7): each container has a loopback interface of its own.",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.peers() {
			resolver := in.config.Effective(p.pass.Directive.Parent, "resolver")
			if resolver == nil || hostOnly(resolver.Arg(0)) != "127.0.0.11" || p.network != "tcp" || !isLoopback(p.host()) || in.config.ListensOn(p.address) {
				continue
			}
			if in.sees("tcp listeners") && in.listener(p.target()) != nil {
				continue
			}
			found = append(found, remark{at: p.at, certainty: Possible, upstream: p.target().String(), says: p.host() + " is this container's own address",
				evidence: []Fact{in.configFact(resolver, "%s: nginx runs in a container", resolver.Text())}, decides: "docker exec the container: ss -ltn"})
		}
		return found
	},
})

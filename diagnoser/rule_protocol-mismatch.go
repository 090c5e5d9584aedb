package diagnoser

import (
	"cmp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "protocol-mismatch",
	doc: Doc{
		What: "The proxy speaks one protocol and the backend another: proxy_pass to a FastCGI or uwsgi socket, fastcgi_pass to an HTTP server, grpc_pass to one " +
			"without HTTP/2, any of them to a database. The first bytes of the answer tell which.",
		Confirm: "ss -ltnp: which process listens there? curl -v and cgi-fcgi against the port. The log's number is the answer's first bytes: 72 is H of HTTP.",
		Mends:   "The directive of the backend's protocol (proxy_pass, fastcgi_pass, uwsgi_pass, grpc_pass), or the backend's port for the one in use.",
		Hides:   "Nothing: with proxy_pass, bytes that are no HTTP go to the client as they are.",
		Source:  "ngx_http_proxy_process_status_line, ngx_http_fastcgi_process_record, ngx_http_grpc_process_header",
	},
	judge: func(in *inquiry, g *group) *opinion {
		o := &opinion{certainty: Likely, weight: 1, check: "ss -ltnp: which process listens on " + g.target.Address + "?"}
		if said := spoken(g.Event); said != "" {
			o.evidence = append(o.evidence, fact(fromLog, "the answer begins as %s does", said))
		}
		l := in.listener(g.target)
		mismatched := l != nil && foreign(g.target.Protocol, l.Process)
		if mismatched {
			o.evidence = append(o.evidence, fact(fromSocket, "%s does not speak %s", describe(*l), g.target.Protocol))
		}
		if protocol, p := in.spokenTongue(g); p != nil && bare(protocol) != bare(g.target.Protocol) {
			in.addTongue(o, g)
			return o
		}
		if p := in.probe(g); bare(g.target.Protocol) == "http" && opensWithSettings(p) {
			o.certainty, o.weight, o.remedies = Proved, 3, in.speak(g, "grpc")
			o.evidence = append(o.evidence, probeFact(p), fact(fromProbe, "that is a frame of SETTINGS, with which a server of HTTP/2 opens"))
			return o
		}
		gone := g.Phase == evidence.ReadingHeader && (g.Outcome == evidence.Reset || g.Outcome == evidence.ClosedEarly)
		if told := in.toldOther(g); told != nil && gone {
			return told
		}
		if g.Signature == "http2 stream error" {
			return refusedStream(g, o)
		}
		switch g.Signature {
		case "not http":
			o.also = []Alternative{{"invalid-response-header", "it may be an HTTP server whose status line is wrong", "curl --http0.9 -i past the proxy | head -1"}}
			in.otherService(g, o)
			return o
		case "fastcgi version", "http2 frame size", "sent before handshake":
			return o
		}
		if why := cmp.Or(speaksOther(g), in.namedOther(g)); why != "" && in.blind() && g.died() && g.Phase == evidence.ReadingHeader {
			o.evidence = append(o.evidence, fact(fromLog, "%s", why))
			return o
		}
		wrongType := g.Phase == evidence.Connecting && g.Errno == 91
		if wrongType || gone && mismatched {
			return o
		}
		return nil
	},
})

// webServers are those that speak HTTP and nothing that one passes to otherwise.
var webServers = map[string]bool{"gunicorn": true, "uvicorn": true, "hypercorn": true, "daphne": true, "waitress": true, "puma": true, "unicorn": true,
	"thin": true, "node": true, "next": true, "flask": true, "streamlit": true, "http.server": true}

func otherThanHTTP(protocol string) bool {
	return protocol == "uwsgi" || protocol == "fastcgi" || protocol == "scgi"
}

// toldOther judges by which server is there, by what uWSGI logged of the request, and by how it was told to listen.
func (in *inquiry) toldOther(g *group) *opinion {
	const check = "which of socket, http and http-socket was uWSGI given?"
	if in.seen["protocol-mismatch"] != nil && in.blind() {
		return in.hinted("protocol-mismatch", check)
	}
	for _, b := range in.binds() {
		if web := webServers[b.Server]; web && in.blind() && otherThanHTTP(g.target.Protocol) && portIn(b.Address) != "" && portIn(b.Address) == portIn(g.target.Address) {
			return &opinion{certainty: Likely, weight: 5, check: "curl -i http://" + g.target.Address + "/", evidence: []Fact{
				fact(fromBackend, "%s speaks HTTP, and the proxy %s: %s", b.Server, g.target.Protocol, b.Text)}}
		}
	}
	if f := in.socketOf(g); f != nil {
		return &opinion{certainty: Likely, weight: 4, check: check, evidence: []Fact{*f}}
	}
	return nil
}

// refusedStream judges an HTTP/2 error code (RFC 9113, section 7): 1 says that the backend
// found the protocol broken, 13 that it wants HTTP/1.1. gRPC asks by POST only.
func refusedStream(g *group, o *opinion) *opinion {
	code, ok := lastNumber(g.Message)
	method, _, _ := strings.Cut(g.Request, " ")
	switch {
	case ok && code == 13:
		o.evidence = append(o.evidence, fact(fromLog, "error 13: the backend wants HTTP/1.1"))
	case ok && code == 1 && method != "" && method != "POST":
		o.evidence = append(o.evidence, fact(fromLog, "error 1: the backend found the protocol broken; a %s is no gRPC request", method))
	default:
		return nil
	}
	o.weight = 2
	return o
}

// namedOther judges by the backend's name in the configuration, as speaksOther does by its address.
func (in *inquiry) namedOther(g *group) string {
	web := g.target.Protocol == "http" || g.target.Protocol == "https"
	if name := in.passName(g); web && portIn(g.target.Address) == "9000" && strings.Contains(name, "php") {
		return name + ":9000 is php-fpm, which speaks FastCGI"
	}
	return ""
}

// speaksOther judges by the backend's address: its name or port is another protocol's than the
// proxy's. "" where it is not.
func speaksOther(g *group) string {
	address, script := g.target.Address, strings.Contains(g.Request, ".php")
	web := g.target.Protocol == "http" || g.target.Protocol == "https"
	switch {
	case web && g.unix() && strings.Contains(address, "php") && strings.Contains(address, "fpm"):
		return address + " is a socket of php-fpm, which speaks FastCGI"
	case web && script && portIn(address) == "9000":
		return "port 9000 is php-fpm's, which speaks FastCGI"
	case web && (g.unix() && strings.Contains(address, "uwsgi") || portIn(address) == "3031"):
		return address + " is the address of a uwsgi socket as a rule, and the proxy asks in HTTP"
	}
	return ""
}

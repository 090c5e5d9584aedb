package diagnoser

import (
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = registerCheck(check{
	name: "pass-against-backend", cause: "protocol-mismatch", severity: SeverityWarning,
	doc: CheckDoc{
		What: "The *_pass speaks another protocol than the name of the socket, or the well-known port, tells of: proxy_pass to php-fpm, fastcgi_pass to gunicorn or to an " +
			"HTTP port, proxy_pass to a uwsgi socket. php-fpm resets such a connection (104), an HTTP server answers with text that is no FastCGI record " +
			"(\"unsupported FastCGI protocol version: 72\"), or waits for a blank line that never comes (504).",
		Mends: "The pass directive of the backend's protocol, with its parameters (fastcgi_params, uwsgi_params).",
		From:  "ngx_http_fastcgi_process_record(), ngx_http_proxy_process_status_line().",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.peers() {
			speaks, certainty := in.spokenBy(p)
			own := strings.TrimSuffix(p.pass.Directive.Name, "_pass")
			if speaks == "" || speaks == own {
				continue
			}
			m := remark{at: p.at, certainty: certainty, upstream: p.target().String(), decides: "the backend's own configuration of its socket",
				says: p.address + " is by its name a backend that speaks " + protocolNames[speaks] + ", and " + p.pass.Directive.Name + " speaks " + protocolNames[own]}
			if p.network == "tcp" {
				m.says = "port " + p.port() + " is usually that of " + protocolNames[speaks] + ", and " + p.pass.Directive.Name + " speaks " + protocolNames[own]
			}
			if d := p.pass.Directive; own == "fastcgi" && speaks == "proxy" && certainty == Likely {
				m.remedies = in.edit("speak HTTP to it", nginx.Edit{File: d.File, Offset: d.Start, Old: "fastcgi_pass", New: "proxy_pass"},
					in.config.ReplaceArg(d, 0, "http://"+d.Arg(0)))
			}
			found = append(found, m)
		}
		return found
	},
})

var protocolNames = map[string]string{"proxy": "HTTP", "fastcgi": "FastCGI", "uwsgi": "uwsgi", "scgi": "SCGI", "grpc": "gRPC", "memcached": "memcached"}

var (
	fpmSocket  = regexp.MustCompile(`(?i)php[^/]*(fpm|cgi|fastcgi)|fpm[^/]*\.sock`)
	httpSocket = regexp.MustCompile(`(?i)(gunicorn|uvicorn|hypercorn|puma|unicorn|thin)[^/]*$`)
)

// spokenBy names the pass that a backend wants, by what it is called; empty where nothing tells.
func (in *inquiry) spokenBy(p peer) (pass, certainty string) {
	own := p.pass.Directive.Name
	if p.network == "unix" {
		switch {
		case fpmSocket.MatchString(p.address):
			return "fastcgi", Likely
		case httpSocket.MatchString(p.address):
			return "proxy", Likely
		}
		return "", ""
	}
	switch port := p.port(); {
	case own == "fastcgi_pass" && (port == "80" || port == "3000" || port == "8080" || port == "443"):
		return "proxy", Likely
	case own == "fastcgi_pass" && port == "8000":
		return "proxy", Possible
	case own == "uwsgi_pass" && (port == "80" || port == "443"):
		return "proxy", Likely
	case own == "proxy_pass" && p.port() == "9000" && in.servesPHP(p.pass):
		return "fastcgi", Likely
	}
	return "", ""
}

// servesPHP tells whether a location is made for PHP: port 9000 alone is many a backend's.
func (in *inquiry) servesPHP(p *nginx.Pass) bool {
	l := nginx.Enclosing(p.Directive.Parent, "location")
	return l != nil && strings.HasPrefix(l.Arg(0), "~") && strings.Contains(l.Arg(1), "php")
}

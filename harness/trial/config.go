package trial

import (
	"fmt"
	"strings"

	"github.com/badgateway/badgateway/simulator/faults"
)

const head = `worker_processes 1;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log warn;

events {
    worker_connections 256;
}

http {
    access_log /var/log/nginx/access.log;
    client_max_body_size 16m;
`

const serverHead = `
    server {
        listen 8080;
        server_name trial.example.com;
`

// Config is a literal nginx.conf in which each row has a location.
func Config(rows []Row) string {
	var b strings.Builder
	b.WriteString(head)
	for _, r := range rows {
		b.WriteString(r.group())
	}
	b.WriteString(serverHead)
	for _, r := range rows {
		b.WriteString(r.Location())
	}
	b.WriteString("    }\n}\n")
	return b.String()
}

// grouped tells whether the row needs an upstream block.
func (r Row) grouped() bool { return r.Fault.Needs.KeepAlive || r.Fault.Needs.Peers > 1 }

func (r Row) group() string {
	if !r.grouped() {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n    upstream %s {\n", r.id())
	for range max(r.Fault.Needs.Peers, 1) {
		fmt.Fprintf(&b, "        server %s;\n", r.address())
	}
	if r.Fault.Needs.KeepAlive {
		b.WriteString("        keepalive 1;\n")
	}
	b.WriteString("    }\n")
	return b.String()
}

// Location is the part of the configuration that passes requests to the row's upstream.
func (r Row) Location() string {
	lines := passes[r.Place.Protocol](r, r.target())
	return fmt.Sprintf("\n        location = %s {\n            %s\n        }\n", r.path(), strings.Join(lines, "\n            "))
}

func (r Row) target() string {
	if r.grouped() {
		return r.id()
	}
	return r.address()
}

// passes are the directives that pass a request on, by protocol. Every timeout is 1 s.
var passes = map[string]func(r Row, target string) []string{
	faults.HTTP: func(r Row, target string) []string {
		scheme := "http"
		if r.Place.Transport == faults.TLS {
			scheme = "https"
		}
		if r.Fault.Names != nil {
			target = fmt.Sprintf("$backend:%d", r.port)
		}
		lines := append(r.names(), "proxy_pass "+scheme+"://"+target+";", "proxy_buffer_size 4k;")
		lines = append(lines, timeouts("proxy")...)
		if r.Fault.Needs.KeepAlive {
			lines = append(lines, "proxy_http_version 1.1;", `proxy_set_header Connection "";`)
		}
		return append(lines, r.security()...)
	},
	faults.HTTP2: func(_ Row, target string) []string {
		return append([]string{"grpc_pass grpc://" + target + ";", "grpc_buffer_size 4k;"}, timeouts("grpc")...)
	},
	faults.FastCGI: func(r Row, target string) []string {
		lines := append([]string{"fastcgi_pass " + target + ";", "fastcgi_buffer_size 4k;"}, timeouts("fastcgi")...)
		if r.Fault.Needs.KeepAlive {
			lines = append(lines, "fastcgi_keep_conn on;")
		}
		return append(lines, "fastcgi_param REQUEST_METHOD $request_method;", "fastcgi_param REQUEST_URI $request_uri;",
			"fastcgi_param CONTENT_LENGTH $content_length;", "fastcgi_param SCRIPT_FILENAME /srv/app/index.php;")
	},
	faults.UWSGI: func(_ Row, target string) []string {
		lines := append([]string{"uwsgi_pass " + target + ";", "uwsgi_buffer_size 4k;"}, timeouts("uwsgi")...)
		return append(lines, "uwsgi_param REQUEST_METHOD $request_method;", "uwsgi_param REQUEST_URI $request_uri;",
			"uwsgi_param PATH_INFO $document_uri;", "uwsgi_param CONTENT_LENGTH $content_length;", "uwsgi_param SERVER_PROTOCOL $server_protocol;")
	},
}

// names are the directives that have the upstream's name resolved when it is asked for.
func (r Row) names() []string {
	if r.Fault.Names == nil {
		return nil
	}
	return []string{"resolver " + r.resolver() + " ipv6=off;", "resolver_timeout 1s;", "set $backend " + faults.Backend + ";"}
}

// authorityFile holds what the proxy trusts.
const authorityFile = "/etc/nginx/authority.pem"

// security are the directives of TLS to the upstream. A session that is taken up again would hide the certificate.
func (r Row) security() (lines []string) {
	if r.Place.Transport != faults.TLS {
		return nil
	}
	lines = append(lines, "proxy_ssl_session_reuse off;")
	name := r.Fault.Needs.SNI
	if name != "" {
		lines = append(lines, "proxy_ssl_server_name on;")
	} else {
		name = "app.test"
	}
	lines = append(lines, "proxy_ssl_name "+name+";", "proxy_ssl_protocols TLSv1.2 TLSv1.3;")
	if r.Fault.Needs.Verify {
		lines = append(lines, "proxy_ssl_verify on;", "proxy_ssl_verify_depth 3;", "proxy_ssl_trusted_certificate "+authorityFile+";")
	}
	return lines
}

func timeouts(module string) []string {
	return []string{module + "_connect_timeout 1s;", module + "_send_timeout 1s;", module + "_read_timeout 1s;"}
}

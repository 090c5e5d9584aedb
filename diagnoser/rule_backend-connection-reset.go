package diagnoser

import (
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "backend-connection-reset",
	doc: Doc{
		What: "The backend takes the request and ends the connection without an answer. recv() failed (104) is a reset, or a close with input unread, on unix " +
			"sockets too; prematurely closed is a clean close after all was read. Why it did is in its own log.",
		Confirm: "The same request past the proxy ends the same way on a fresh connection (curl: empty reply). The backend's log at that second: a trace, a worker that exits, a limit, an OOM kill (dmesg).",
		Mends:   "What the backend's log names. A restart helps where it got into a bad state.",
		Hides:   "proxy_next_upstream: the request is repeated elsewhere, and with non_idempotent perhaps carried out twice. Timeouts play no part.",
		Source:  "ngx_http_upstream_process_header; close(2) with unread input resets, RFC 2525 section 2.17",
	},
	judge: func(in *inquiry, g *group) *opinion {
		gone := g.Outcome == evidence.ClosedEarly || g.Outcome == evidence.Reset
		if g.Phase == evidence.Handshaking && gone {
			weight := 0
			if in.namesServer(g) || portIn(g.target.Address) != "" && portIn(g.target.Address) != "443" {
				weight = 2 // no server name is missing, or hardly: who wants one is on port 443
			}
			return &opinion{certainty: Possible, weight: weight, why: "the backend may end all connections, or be just restarting", check: "openssl s_client -connect " + g.target.Address,
				also: []Alternative{{"backend-restarted", "a restart ends handshakes as well", "does the error go on?"}}}
		}
		if g.Phase == evidence.ReadingBody && g.Outcome == evidence.Reset && in.probe(g) == nil {
			return &opinion{certainty: Likely, why: "the backend may reset the connection in the middle of a response", check: "the backend's log; curl -o /dev/null past the proxy", also: []Alternative{
				{"incomplete-response", "the response is cut short by it in any case", "curl -o /dev/null past the proxy"},
				{"worker-crash", "a worker may have died in mid-response", "dmesg; the backend's log"},
				{"backend-restarted", "a restart ends what is under way", "the time of the backend's last start"}}}
		}
		if g.Phase != evidence.ReadingHeader && !(g.Phase == evidence.Sending && g.sendsOn()) || !gone || strings.HasPrefix(g.Signature, "http2") {
			return nil
		}
		o := &opinion{certainty: Likely, why: "the backend may end connections for a reason of its own", check: "curl -v the same request past the proxy", also: resetAlso(g), remedies: []Remedy{
			backend(RestartBackend, "restart the backend and read its own log for why it ended the connection", g)}}
		if h := in.hinted("backend-connection-reset", ""); h != nil && g.target.Protocol == "fastcgi" {
			o.weight, o.evidence, o.remedies = h.weight, h.evidence, in.admit(g)
		}
		p := in.probe(g)
		switch {
		case probed(p, evidence.ClosedEarly, evidence.Reset):
			o.certainty = Proved
			o.evidence = append(o.evidence, probeFact(p), fact(fromProbe, "it was a fresh connection: no connection kept too long is to blame"))
		case p != nil:
			o.certainty = Possible
			o.against = append(o.against, probeFact(p))
		}
		if l := in.listener(g.target); l != nil {
			o.evidence = append(o.evidence, fact(fromSocket, "%s listens", describe(*l)))
			if foreign(g.target.Protocol, l.Process) {
				o.certainty = Possible
			}
		}
		return o
	},
})

// sendsOn tells whether the proxy sends something after the request in any case: HTTP/2 has frames of the connection, so that
// its end while sending says nothing of the request's body (ngx_http_grpc_module).
func (g *group) sendsOn() bool { return g.target.Protocol == "grpc" || g.target.Protocol == "grpcs" }

// droppedClient is the address in php-fpm's line about a client that it does not take (fcgi_accept_request).
var droppedClient = regexp.MustCompile(`IP address '([^']+)'`)

// admit has php-fpm take the proxy's connections.
func (in *inquiry) admit(g *group) []Remedy {
	m := droppedClient.FindStringSubmatch(in.seen["backend-connection-reset"].text)
	if m == nil {
		return []Remedy{g.change("listen.allowed_clients", "", "let php-fpm take connections from the proxy's address")}
	}
	return []Remedy{g.change("listen.allowed_clients", m[1], "let php-fpm take connections from the proxy's address, "+m[1],
		"listen.allowed_clients = "+m[1]+" # in the pool's file, beside those that are there: commas, no spaces", "systemctl restart php-fpm")}
}

func resetAlso(g *group) []Alternative {
	var also []Alternative
	if g.unsafe == g.count {
		also = append(also, Alternative{"keepalive-race", "only requests that are not repeated failed", "does it happen on a fresh connection?"})
	}
	if g.target.Protocol == "uwsgi" {
		also = append(also, Alternative{"backend-request-header-limit", "uWSGI drops a request whose header passes its buffer-size", "its log: invalid request block size"})
	}
	web := g.target.Protocol == "http" || g.target.Protocol == "https"
	switch {
	case g.Outcome == evidence.ClosedEarly && (g.unix() || loopback(g.target.Address)):
		also = append(also, Alternative{"worker-timeout", "the application server may have killed its own slow worker", "its log; is the time constant?"})
	case web && g.unsafe < g.count:
		also = append(also, Alternative{"worker-crash", "a worker may have died on a signal", "dmesg; the backend's log: exited on signal"},
			Alternative{"keepalive-race", "a kept connection may have been closed as it was reused", "does it happen on a fresh connection?"})
	}
	return append(also, []Alternative{
		{"worker-crash", "a worker may have died on a signal", "dmesg; the backend's log: exited on signal"},
		{"worker-killed-oom", "the kernel may have killed it for memory", "dmesg | grep -i 'killed process'"},
		{"worker-timeout", "the application server may have killed its own slow worker", "its log; is the time constant?"},
		{"protocol-mismatch", "the backend may speak another protocol", "ss -ltnp: which process listens?"},
	}...)
}

// foreign tells whether a process is known to speak another protocol than the proxy does.
func foreign(protocol, process string) bool {
	http := protocol == "http" || protocol == "https"
	switch {
	case strings.HasPrefix(process, "php-fpm"), strings.HasPrefix(process, "php-cgi"):
		return protocol != "fastcgi"
	case process == "gunicorn", process == "node", process == "puma", process == "apache2", process == "httpd":
		return !http
	case process == "sshd", process == "mysqld", process == "redis-server", process == "postgres":
		return true
	}
	return false
}

// namesServer tells whether the configuration is known to send a server name.
func (in *inquiry) namesServer(g *group) bool {
	p := in.passFor(g)
	if p == nil {
		return in.config.Has("proxy_ssl_server_name", "on")
	}
	d := in.config.Effective(p.Directive.Parent, p.Prefix+"ssl_server_name")
	return d != nil && d.Arg(0) == "on"
}

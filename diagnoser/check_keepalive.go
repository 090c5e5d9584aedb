package diagnoser

import (
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = registerCheck(check{
	name: "keepalive-not-used", cause: "ephemeral-ports-exhausted", severity: SeverityWarning,
	doc: CheckDoc{
		What: "The upstream{} has keepalive, and the pass does not speak HTTP/1.1 with an empty Connection header: nginx closes every connection, the cache of idle ones stays " +
			"empty, and under load the local ports run out (99). It is no 502 by itself.",
		Mends:    "proxy_http_version 1.1; proxy_set_header Connection \"\";",
		From:     "ngx_http_proxy_create_request() sends Connection: close; directive keepalive. Since 1.29.7 both are the default.",
		Versions: "before 1.29.7",
	},
	look: func(in *inquiry) (found []remark) {
		if in.since("1.29.7") {
			return nil
		}
		for _, p := range in.httpPasses() {
			d := cached(p)
			if d == nil || p.Prefix != "proxy_" || !in.knows(p.Directive.Parent) {
				continue
			}
			if used, _ := in.config.KeepsAlive(p, in.proxy.Version); used {
				continue
			}
			found = append(found, remark{at: p.Directive, certainty: Likely, decides: "ss -tan state time-wait 'dport = :" + portOf(addressFor(p)) + "' | wc -l",
				says: "its connections are closed after each request, so keepalive of " + p.Group.Name + " keeps none" + in.inVersions("before 1.29.7"), evidence: []Fact{in.configFact(d, "%s", d.Text())},
				remedies: in.edit("keep the connections", joinInserts(nginx.Sort(in.keepConnections(p)))...)})
		}
		return found
	},
})

// cached is the directive that makes the pass's group keep connections, nil without one.
func cached(p *nginx.Pass) *nginx.Directive {
	if p.Group == nil {
		return nil
	}
	if d := p.Group.Directive.Child("keepalive"); d != nil && d.Arg(0) != "0" {
		return d
	}
	return nil
}

func portOf(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }

// keepConnections sets version and header. A level with one proxy_set_header inherits none:
// those that held so far are repeated there.
func (in *inquiry) keepConnections(p *nginx.Pass) (edits []nginx.Edit) {
	if v := in.config.Effective(p.Directive.Parent, "proxy_http_version"); v == nil || v.Arg(0) == "1.0" {
		edits = append(edits, in.set(p, "proxy_http_version", "1.1"))
	}
	anchor, block := p.Directive, p.Place()
	for anchor.Parent != block && anchor.Parent != nil {
		anchor = anchor.Parent
	}
	for _, h := range in.config.EffectiveAll(p.Directive.Parent, "proxy_set_header") {
		switch {
		case strings.EqualFold(h.Arg(0), "Connection"):
			if h.Parent == block {
				return append(edits, in.config.ReplaceArg(h, 1, `""`))
			}
		case h.Parent != block:
			edits = append(edits, in.config.Insert(anchor, in.config.Text(h.File)[h.Start:h.End]))
		}
	}
	return append(edits, in.config.Insert(anchor, `proxy_set_header Connection "";`))
}

var _ = registerCheck(check{
	name: "fastcgi-keepalive-not-used", cause: "ephemeral-ports-exhausted", severity: SeverityNote,
	doc: CheckDoc{
		What:  "The upstream{} has keepalive, and fastcgi_keep_conn is off: the FastCGI server is asked to close after each request, and no connection is kept.",
		Mends: "fastcgi_keep_conn on;",
		From:  "ngx_http_fastcgi_create_request(): FCGI_KEEP_CONN is sent with fastcgi_keep_conn only.",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.httpPasses() {
			d := cached(p)
			if d == nil || p.Prefix != "fastcgi_" || !in.knows(p.Directive.Parent) {
				continue
			}
			if on, _ := in.isOn(p, "keep_conn"); on {
				continue
			}
			found = append(found, remark{at: p.Directive, certainty: Likely, says: "fastcgi_keep_conn is off, so keepalive of " + p.Group.Name + " keeps no connection",
				evidence: []Fact{in.configFact(d, "%s", d.Text())}, remedies: in.edit("keep the connections", in.set(p, "fastcgi_keep_conn", "on"))})
		}
		return found
	},
})

var _ = registerCheck(check{
	name: "keepalive-outlives-backend", cause: "keepalive-race", severity: SeverityWarning,
	doc: CheckDoc{
		What: "nginx keeps idle connections as long as the backend or longer (keepalive_timeout, 60s by default). Now and then it sends a request on one that the backend is " +
			"just closing: reset or closed early. nginx repeats such a request unless it is a POST, which becomes a 502. Reported where a probe, or the backend's " +
			"process, tells how long it waits: Node.js and uvicorn 5s, gunicorn 2s, until told otherwise.",
		Mends:    "keepalive_timeout of the upstream{} below the backend's, or a longer one there.",
		From:     "ngx_http_upstream_free_keepalive_peer(); directive keepalive_timeout of upstream. Since 1.29.7 every upstream{} has keepalive 32.",
		Versions: "all; without the directive keepalive since 1.29.7",
	},
	look: func(in *inquiry) (found []remark) {
		for _, p := range in.peers() {
			keeps, _ := in.config.KeepsAlive(p.pass, in.proxy.Version)
			if !keeps {
				continue
			}
			idle, says := in.backendIdle(p)
			timeout, at := time.Minute, p.pass.Group.Directive
			if d := at.Child("keepalive_timeout"); d != nil {
				if v, ok := nginx.Duration(d.Arg(0)); ok {
					timeout, at = v, d
				}
			}
			if idle == 0 || timeout < idle || timeout == 0 {
				continue
			}
			value := nginx.FormatDuration(max(time.Second, idle-time.Second))
			if idle <= time.Second {
				value = nginx.FormatDuration(idle / 2)
			}
			found = append(found, remark{at: at, certainty: Likely, upstream: p.target().String(), evidence: []Fact{says}, decides: "two requests on one connection, " + round(idle).String() + " apart",
				says:     "idle connections are kept for " + round(timeout).String() + ", and the backend closes them after " + round(idle).String(),
				remedies: in.edit("let the proxy close first", in.config.Set(p.pass.Group.Directive, lastOf(p.pass.Group), "keepalive_timeout", value))})
		}
		return found
	},
})

// lastOf is the directive of a group behind which another one is in order: keepalive
// must stand behind a balancing method, keepalive_timeout anywhere.
func lastOf(g *nginx.Group) *nginx.Directive {
	if d := g.Directive.Child("keepalive"); d != nil {
		return d
	}
	return g.Servers[len(g.Servers)-1].Directive
}

// backendIdle is how long a backend keeps an idle connection, 0 where nothing tells.
func (in *inquiry) backendIdle(p peer) (time.Duration, Fact) {
	for _, probe := range in.probes {
		if probe.Target == p.target() && probe.Idle != nil && probe.Idle.Failed > 0 {
			return probe.Idle.Failed, fact(fromProbe, "a connection that was idle for %s was gone", round(probe.Idle.Failed))
		}
	}
	l := in.listener(evidence.Target{Protocol: p.pass.Protocol, Network: p.network, Address: p.address})
	if l == nil {
		return 0, Fact{}
	}
	for name, idle := range map[string]time.Duration{"node": 5 * time.Second, "uvicorn": 5 * time.Second, "gunicorn": 2 * time.Second} {
		if l.Process == name {
			return idle, fact(fromProcess, "%s listens there, which closes idle connections after %s unless told otherwise", describe(*l), idle)
		}
	}
	return 0, Fact{}
}

package diagnoser

import (
	"fmt"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = register(rule{
	cause: "keepalive-race",
	doc: Doc{
		What: "The backend closes a kept-alive connection that lay idle just as the proxy sends the next request on it. nginx repeats a GET silently; a POST it may " +
			"not repeat, and answers 502. Since 1.29.7 connections to an upstream{} are kept without any directive.",
		Confirm: "Only POST, PATCH and LOCK fail, rarely, after a pause. The backend's keep-alive time is below the proxy's 60s: Node 5 s, gunicorn 2 s, uvicorn 5 s.",
		Mends:   "keepalive_timeout in the upstream{} block below the backend's time, or a longer one in the backend; keepalive 0 (since 1.29.7) keeps none.",
		Hides:   "proxy_next_upstream non_idempotent repeats the POST, perhaps after it was carried out. Longer read timeouts change nothing.",
		Source:  "ngx_http_upstream_keepalive_module, ngx_http_upstream_next; RFC 9112 section 9.3.1",
	},
	judge: func(in *inquiry, g *group) *opinion {
		gone := g.Outcome == evidence.ClosedEarly || g.Outcome == evidence.Reset
		if g.Phase != evidence.ReadingHeader || !gone {
			return nil
		}
		pass := in.passFor(g)
		if pass == nil {
			return in.raceByLog(g)
		}
		kept, d := in.config.KeepsAlive(pass, in.proxy.Version)
		p := in.probe(g)
		if !kept || probed(p, evidence.ClosedEarly, evidence.Reset) {
			return nil
		}
		o := &opinion{certainty: Possible, weight: 1, check: "does it happen on a fresh connection, or after a pause only?"}
		o.evidence = []Fact{in.keptFact(pass, d)}
		if d != nil && p == nil && in.blind() && g.notUnix() {
			o.certainty = Likely // who quotes that setting with that error has errors now and then, as a rule
		}
		if g.unsafe > 0 {
			o.evidence = append(o.evidence, fact(fromLog, "%d of %d requests were of a method that nginx does not repeat", g.unsafe, g.count))
		}
		in.idleFacts(g, p, o)
		return o
	},
})

func (in *inquiry) keptFact(p *nginx.Pass, d *nginx.Directive) Fact {
	if d == nil {
		return in.configFact(p.Group.Directive, "connections to upstream %q are kept: nginx's default since 1.29.7", p.Group.Name)
	}
	return in.configFact(d, "connections to upstream %q are kept: %s", p.Group.Name, d.Text())
}

// idleFacts judge by what a connection did that the probe left idle.
func (in *inquiry) idleFacts(g *group, p *evidence.Probe, o *opinion) {
	if !probed(p, evidence.OK) {
		return
	}
	o.evidence = append(o.evidence, probeFact(p))
	if g.unsafe > 0 {
		o.certainty = Likely
	}
	idle := p.Idle
	switch {
	case idle == nil:
	case idle.Failed > 0:
		o.evidence = append(o.evidence, fact(fromProbe, "a second request on the same connection failed after %s of rest (%s)%s",
			round(idle.Failed), idle.Outcome, keptFor(idle.Kept)))
		if o.certainty == Likely && in.seen["worker-exits-max-requests"] == nil { // a worker that leaves ends them as well
			o.certainty = Proved
		}
		o.remedies = in.shorterKeepalive(g.pass, *idle)
	default:
		o.certainty, o.weight = Possible, -1
		o.against = append(o.against, fact(fromProbe, "a second request on the same connection was answered after %s of rest", round(idle.Kept)))
	}
}

func keptFor(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return "; after " + round(d).String() + " it was answered"
}

// shorterKeepalive proposes half the time that the backend is known to keep a
// connection; where even the shortest rest was too long, a tenth of that.
func (in *inquiry) shorterKeepalive(p *nginx.Pass, idle evidence.Idle) []Remedy {
	safe := idle.Failed / 10
	if idle.Kept > 0 {
		safe = min(idle.Kept, idle.Failed) / 2
	}
	if safe > 2*time.Second {
		safe = safe.Truncate(time.Second)
	}
	value := nginx.FormatDuration(max(safe.Truncate(time.Millisecond), time.Millisecond))
	block := p.Group.Directive
	anchor := block.Child("keepalive")
	if anchor == nil {
		anchor = p.Group.Servers[len(p.Group.Servers)-1].Directive
	}
	return in.edit(fmt.Sprintf("close idle connections to %s after %s, before the backend does", p.Group.Name, value),
		in.config.Set(block, anchor, "keepalive_timeout", value))
}

// raceByLog judges without a configuration: of many requests only those failed that nginx does not repeat,
// while a backend that fails by itself fails at a GET as well.
func (in *inquiry) raceByLog(g *group) *opinion {
	web := g.target.Protocol == "http" || g.target.Protocol == "https"
	if g.unsafe != g.count || !web || !in.blind() || in.probe(g) != nil || g.unix() || loopback(g.target.Address) {
		return nil
	}
	return &opinion{certainty: Likely, weight: 1, check: "does it happen on a fresh connection, or after a pause only?", evidence: []Fact{
		fact(fromLog, "%d of %d requests were of a method that nginx does not repeat", g.unsafe, g.count)}, also: []Alternative{
		{"backend-connection-reset", "the backend may end the connection for a reason of its own", "the same request past the proxy"},
		{"worker-timeout", "the application server may have ended its own slow worker", "its log; is the time constant?"}}}
}

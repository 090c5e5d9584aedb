package diagnoser

import (
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "backend-restarted",
	doc: Doc{
		What:    "The backend was down for a moment, for a restart, a deploy or a crash, and is up again.",
		Confirm: "The errors stop; the backend's start time lies at their end (ps -o lstart).",
		Mends:   "A restart without a gap: graceful reload, a second server in the group, readiness before the old one goes.",
		Hides:   "proxy_next_upstream with a second server.",
		Source:  "systemd.service(5); php-fpm process_control_timeout",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if (g.died() || missed(g)) && in.blind() {
			if o := in.hinted("backend-restarted", "the time of the backend's last start"); o != nil {
				return o
			}
		}
		if o := in.troubled(g); o != nil {
			return o
		}
		if g.died() {
			return in.diedRestarting(g)
		}
		missed := g.Outcome == evidence.Refused || g.Outcome == evidence.Missing
		l, p := in.listener(g.target), in.probe(g)
		if g.Phase != evidence.Connecting || !missed || !g.known() || l == nil || !probed(p, evidence.OK) {
			return nil
		}
		return &opinion{certainty: Likely, check: "ps -o lstart of the backend", evidence: []Fact{
			fact(fromSocket, "%s listens now", describe(*l)), probeFact(p)}}
	},
})

// diedRestarting judges by the backend's process: the one that listens now began after the connection was lost.
// What lay in the accept queue of the old one was reset when its last process closed the socket.
func (in *inquiry) diedRestarting(g *group) *opinion {
	if in.blind() || !g.known() || in.seen["worker-crash"] != nil || in.seen["worker-crash-segfault"] != nil || in.seen["worker-killed-oom"] != nil {
		return nil
	}
	now, p := in.replaced(g), in.probe(g)
	if now == nil || !probed(p, evidence.OK) {
		return nil
	}
	o := &opinion{certainty: Likely, weight: 2, check: "ps -o lstart of the backend", evidence: []Fact{
		fact(fromProcess, "%s (pid %d) listens since %s, and the last connection was lost at %s", now.Name, now.PID, clock(now), g.last.Format(time.TimeOnly)), probeFact(p)}}
	if h := in.hinted("backend-restarted", ""); h != nil {
		o.weight, o.evidence = 5, append(o.evidence, h.evidence...)
	}
	return o
}

// troubled judges by failures of several kinds: a backend that refuses, resets handshakes and
// answers late within seconds is being stopped and started.
func (in *inquiry) troubled(g *group) *opinion {
	if !in.blind() || !g.known() || g.Phase != evidence.Handshaking || g.Outcome != evidence.Reset || g.Time.IsZero() {
		return nil
	}
	for _, e := range in.groups.list {
		near := e.Time.Sub(g.Time).Abs() <= goneWithin
		if e != g && near && e.target == g.target && (e.late() || e.is(evidence.Connecting, evidence.Refused)) {
			return &opinion{certainty: Likely, weight: 1, check: "ps -o lstart of the backend", evidence: []Fact{logFact(e),
				fact(fromLog, "%s failed in several ways within seconds", g.target.Address)}, explained: []*group{e}}
		}
	}
	return nil
}

package diagnoser

import (
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "worker-crash",
	doc: Doc{
		What:    "A worker of the backend dies on a signal in the middle of a request: a fault in an extension or in the runtime. The connection ends without an answer.",
		Confirm: "The backend's log and dmesg at that second: exited on signal 11, segfault at. The same request does it again.",
		Mends:   "Update or remove the extension that the core dump's stack names; opcode caches and profilers first.",
		Hides:   "A restart, or a supervisor that restarts: the next such request dies too.",
		Source:  "signal(7); php-fpm, fpm_children_bury",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !g.died() {
			return nil
		}
		if o := in.goneAfter(g); o != nil && in.seen["worker-crash"] == nil {
			return o
		}
		if o := in.hinted("worker-crash", "dmesg; the backend's log: exited on signal"); o != nil && !in.endedByName() {
			return in.repeats(g, o).mends(change(g, "", "", "mend what the backend's log names: the process ended in the middle of the request",
				"journalctl -u APP", "docker logs --tail 100 CONTAINER"), brought(g))
		}
		return in.fpmDied(g)
	},
})

// goneWithin is how soon after a lost connection a refused one belongs to the same fall: a
// supervisor starts the backend again in that time.
const goneWithin = 30 * time.Second

// goneAfter judges by what came next: the backend ended a connection in the middle of a
// request, and right after nothing listened any more.
func (in *inquiry) goneAfter(g *group) *opinion {
	if !g.known() || !in.blind() || g.Time.IsZero() {
		return nil
	}
	for _, e := range in.groups.list {
		after := e.Time.Sub(g.last)
		missed := e.Outcome == evidence.Refused || e.Outcome == evidence.Missing
		if e.Phase == evidence.Connecting && missed && e.target == g.target && after >= 0 && after <= goneWithin && (e.log != g.log || e.Line > g.Line) {
			f := logFact(e)
			f.Text = after.String() + " later: " + f.Text
			return &opinion{certainty: Likely, weight: 2, check: "dmesg; the backend's log: exited on signal", evidence: []Fact{f},
				also: []Alternative{{"backend-restarted", "a restart ends what is under way, and refuses until it is over", "the time of the backend's last start"}}}
		}
	}
	return nil
}

// fpmDied judges by what php-fpm does not do: it ends no connection before it has answered, so
// that a reset means a worker that died with the request in its buffer.
func (in *inquiry) fpmDied(g *group) *opinion {
	if !in.blind() || g.target.Protocol != "fastcgi" || g.Phase != evidence.ReadingHeader || g.Outcome != evidence.Reset && g.Signature != "closed early" || in.probe(g) != nil {
		return nil
	}
	return &opinion{certainty: Likely, weight: 1, check: "php-fpm's log: child exited on signal, execution timed out", evidence: []Fact{
		fact(fromLog, "a FastCGI server ends no request so by itself: its worker died, or was ended")}}
}

// endedByName tells whether the backend's log says more exactly how its worker ended: by a segmentation fault,
// or by its own master, whose signals are SIGTERM and SIGKILL.
func (in *inquiry) endedByName() bool {
	s := in.seen["worker-crash"]
	byMaster := s != nil && (strings.Contains(s.text, " signal 15") || strings.Contains(s.text, " signal 9 "))
	return in.seen["worker-crash-segfault"] != nil && s == nil || in.seen["worker-timeout"] != nil && (s == nil || byMaster)
}

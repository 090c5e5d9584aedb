package diagnoser

import (
	"fmt"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/paste"
)

var _ = register(rule{
	cause: "start-order",
	doc: Doc{
		What:    "The backend was merely not up yet when the proxy asked: both were started together, and the backend needs longer. It is over once the backend listens.",
		Confirm: "The errors begin with the proxy's start and end with the backend's; its log says when it began to listen.",
		Mends:   "Start the proxy when the backend is ready: After= and a unit of type notify, depends_on with condition: service_healthy, a readiness probe. A service of a user needs loginctl enable-linger to start at boot.",
		Hides:   "A pause before the proxy's start, until the backend needs longer one day.",
		Source:  "systemd.unit(5), After=; Compose specification, depends_on",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if why := in.composeLate(unresolved(g)); why != "" {
			return &opinion{certainty: Likely, weight: 5, check: "docker ps -a; is it over after a restart of the proxy?", evidence: []Fact{fact(fromFile, "%s", why)}}
		}
		if !missed(g) {
			return nil
		}
		if !in.blind() {
			return in.bootedTogether(g)
		}
		b := in.startedAfter(g)
		if b == nil {
			return nil
		}
		return &opinion{certainty: Likely, weight: 4, check: "does the error go on?", evidence: []Fact{
			{Source: fromBackend, Text: "the backend began to listen after the last of these errors: " + b.text, Ref: b.ref}}}
	},
})

// bootedTogether judges by the processes' own starts: proxy and backend began together, the failures are of that
// time, and the backend answers now.
func (in *inquiry) bootedTogether(g *group) *opinion {
	backend, proxy, p := in.holder(g), in.master(), in.probe(g)
	if backend == nil || proxy == nil || g.Time.IsZero() || !probed(p, evidence.OK) || in.seen["backend-restarted"] != nil {
		return nil
	}
	apart := backend.Started.Sub(proxy.Started)
	if apart.Abs() > bootWithin || g.Time.Before(wall(proxy.Started)) || g.last.Sub(wall(backend.Started)) > bootWithin {
		return nil
	}
	return &opinion{certainty: Likely, weight: 4, check: "does the error go on?", evidence: []Fact{
		fact(fromProcess, "the proxy (pid %d) began at %s, %s (pid %d) at %s", proxy.PID, clock(proxy), backend.Name, backend.PID, clock(backend)),
		fact(fromLog, "the last of these errors is of %s", g.last.Format(time.TimeOnly)),
		fact(fromSocket, "%s listens now", describe(*in.listener(g.target))), probeFact(p)}}
}

// started is a line of the same log in which a server says where it listens.
type started struct {
	log, text, ref string
	line           int64
	address        string
}

// startedAfter finds a server that began to listen at a group's port behind its last error.
func (in *inquiry) startedAfter(g *group) *started {
	for i := range in.starts {
		s := &in.starts[i]
		if s.log != g.log || s.line < g.lastLine {
			continue
		}
		if g.unix() && s.address == g.target.Address || g.tcp() && portIn(s.address) != "" && portIn(s.address) == portIn(g.target.Address) {
			return s
		}
	}
	return nil
}

// portIn is the port of "host:port" or ":port", "" for a path.
func portIn(address string) string {
	at := strings.LastIndexByte(address, ':')
	if at < 0 || strings.HasPrefix(address, "/") {
		return ""
	}
	return address[at+1:]
}

// bound keeps what a line of a server's own log says of where it listens.
func (r *Reading) bound(log string, line int64, text []byte) {
	if !paste.MayBind(text) || len(r.starts) >= 64 {
		return
	}
	if b, ok := paste.Bind(string(text)); ok {
		r.starts = append(r.starts, started{log: log, line: line, address: b.Address, text: b.Text, ref: fmt.Sprintf("%s:%d", log, line)})
	}
}

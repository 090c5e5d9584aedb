package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "app-hang",
	doc: Doc{
		What:    "The backend takes the connection and never answers: a deadlock, a lost lock, an endless loop, or a process that no longer accepts while the kernel still does.",
		Confirm: "curl -m 300 past the proxy hangs as well. ss -tnp: Recv-Q above 0 on the backend's side means that it does not even read. A stack dump (py-spy, gdb, kill -QUIT) shows where it stands.",
		Mends:   "Restart the backend, then repair what blocks it; a time limit of its own (gunicorn --timeout, request_terminate_timeout) frees the worker next time.",
		Hides:   "A longer read timeout only lets clients wait longer.",
		Source:  "ngx_http_upstream_process_header, timer of *_read_timeout",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Outcome != evidence.TimedOut || !g.Timer {
			return nil
		}
		if g.Phase != evidence.ReadingHeader && g.Phase != evidence.Sending {
			return nil
		}
		o := &opinion{certainty: Possible, check: "curl -m 300 the same request past the proxy", remedies: []Remedy{
			backend(RestartBackend, "restart the backend, after a stack dump of what it does", g)}}
		p := in.probe(g)
		hangs := probed(p, evidence.TimedOut) && p.Phase != evidence.Connecting
		switch {
		case hangs:
			o.certainty, o.weight = Likely, 1
			o.evidence = append(o.evidence, probeFact(p))
		case g.Phase == evidence.ReadingHeader:
			return nil // the alternative of read-timeout
		}
		if l := in.listener(g.target); l != nil && l.Queue > 0 {
			o.evidence = append(o.evidence, fact(fromSocket, "%d connections wait for %s to accept them", l.Queue, describe(*l)))
		}
		if hangs {
			o.also = hangAlso(g)
		}
		in.repeated(g, o)
		return o
	},
})

func hangAlso(g *group) []Alternative {
	also := []Alternative{
		{"worker-pool-exhausted", "all workers may be busy", "the backend's log: max_children reached, busy workers"},
		{"read-timeout", "it may answer later than the probe waited", "curl -m 600 past the proxy"},
	}
	if p := g.target.Protocol; strings.HasSuffix(p, "cgi") {
		also = append(also, Alternative{"protocol-mismatch", "an HTTP server that is asked in " + p + " waits for the end of a line",
			"curl http://" + g.target.Address + "/"})
	}
	return also
}

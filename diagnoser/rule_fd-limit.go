package diagnoser

import (
	"fmt"
	"strconv"
)

var _ = register(rule{
	cause: "fd-limit",
	doc: Doc{
		What:    "The proxy has no file descriptor left: each proxied request takes two. Towards the backend it answers 500; a connection it cannot accept waits in the queue.",
		Confirm: "ls /proc/PID/fd | wc -l of a worker against \"Max open files\" in /proc/PID/limits.",
		Mends:   "worker_rlimit_nofile at least twice worker_connections, and LimitNOFILE= of the service not below it; find what leaks if the number only grows.",
		Hides:   "A reload: the new workers begin at zero.",
		Source:  "ngx_event_connect_peer; getrlimit(2), RLIMIT_NOFILE",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !(g.Errno == 24 || g.Errno == 23 || g.Signature == "socket number" || g.Signature == "accept" && errnoIn(g, 24)) {
			return nil
		}
		o := &opinion{certainty: Likely, weight: 1, check: "ls /proc/PID/fd | wc -l; grep 'open files' /proc/PID/limits"}
		if n := in.setting("open files"); n != "" {
			o.evidence = append(o.evidence, fact(fromProcess, "the limit of open files is %s", n))
		}
		for _, d := range in.config.Named("worker_rlimit_nofile") {
			o.where = in.where(d)
			o.evidence = append(o.evidence, in.configFact(d, "%s is %s", d.Name, d.Value()))
			if n, err := strconv.Atoi(d.Value()); err == nil {
				more := max(1024, 4*n, 2*in.workerConnections())
				o.remedies = in.edit(fmt.Sprintf("let a worker open %d files", more), in.config.ReplaceArg(d, 0, strconv.Itoa(more)))
			}
		}
		if g.Signature == "accept" {
			o.kind = "other" // no request has failed: the connection waits in the queue
		}
		return o
	},
})

// workerConnections is how many connections a worker may have, 512 where nothing is set (ngx_event_core_init_conf).
func (in *inquiry) workerConnections() int {
	for _, d := range in.config.Named("worker_connections") {
		if n, err := strconv.Atoi(d.Value()); err == nil {
			return n
		}
	}
	return 512
}

package diagnoser

import (
	"fmt"
	"strconv"
)

var _ = register(rule{
	cause: "worker-connections-exhausted",
	doc: Doc{
		What:    "A worker of the proxy has as many connections as worker_connections allows; a proxied request takes two. It answers 500, or drops the client without an answer.",
		Confirm: "The alert in the log names the limit; ss -tnp | grep -c nginx comes near it.",
		Mends:   "A larger worker_connections in events{}, with worker_rlimit_nofile above it; a backend that answers, where requests pile up because it does not.",
		Hides:   "More workers, until they are full too.",
		Source:  "ngx_get_connection",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature != "worker connections" {
			return nil
		}
		o := &opinion{certainty: Likely, check: "grep worker_connections nginx.conf; ss -tnp | grep -c nginx"}
		for _, d := range in.config.Named("worker_connections") {
			o.where = in.where(d)
			o.evidence = append(o.evidence, in.configFact(d, "%s is %s: clients, backends and listening sockets together", d.Name, d.Value()))
			if n, err := strconv.Atoi(d.Value()); err == nil {
				more := max(1024, 4*n)
				o.remedies = in.edit(fmt.Sprintf("let a worker have %d connections", more), in.config.ReplaceArg(d, 0, strconv.Itoa(more)))
			}
		}
		return o
	},
})

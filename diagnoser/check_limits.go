package diagnoser

import (
	"fmt"
	"strconv"

	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// connections is worker_connections, 512 where it is not set.
func (in *inquiry) connections() (n int, d *nginx.Directive) {
	in.config.Walk(func(e *nginx.Directive) {
		if e.Name == "worker_connections" && e.Parent != nil && e.Parent.Name == "events" {
			if v, err := strconv.Atoi(e.Arg(0)); err == nil {
				n, d = v, e
			}
		}
	})
	if d == nil {
		n = 512
	}
	return n, d
}

var _ = registerCheck(check{
	name: "descriptors-below-connections", cause: "fd-limit", severity: SeverityWarning,
	doc: CheckDoc{
		What: "worker_rlimit_nofile is below twice worker_connections. A proxied request takes two descriptors, one to the client and one to the upstream: descriptors run out before " +
			"connections do, \"Too many open files\" (24), and requests end as 500.",
		Mends: "worker_rlimit_nofile of at least twice worker_connections.",
		From:  "ngx_worker_process_init() sets RLIMIT_NOFILE; directives worker_rlimit_nofile and worker_connections.",
	},
	look: func(in *inquiry) []remark {
		limit := in.config.Effective(nil, "worker_rlimit_nofile")
		if limit == nil || len(in.httpPasses()) == 0 {
			return nil
		}
		files, err := strconv.Atoi(limit.Arg(0))
		n, d := in.connections()
		if err != nil || files >= 2*n {
			return nil
		}
		m := remark{at: limit, certainty: Likely, decides: "ls /proc/PID/fd | wc -l of a worker at the peak",
			says: fmt.Sprintf("%d descriptors, and %d connections that take two each when they are proxied", files, n)}
		if d != nil {
			m.evidence = []Fact{in.configFact(d, "%s", d.Text())}
		}
		m.remedies = in.edit("two descriptors for each connection", in.config.ReplaceArgs(limit, strconv.Itoa(2*n)))
		return []remark{m}
	},
})

var _ = registerCheck(check{
	name: "keepalive-fills-connections", cause: "worker-connections-exhausted", severity: SeverityWarning,
	doc: CheckDoc{
		What: "The idle connections that keepalive lets a worker keep are as many as its worker_connections: they leave no room for requests. \"worker_connections are not " +
			"enough\", 500 or an empty reply.",
		Mends: "A smaller keepalive, or more worker_connections.",
		From:  "ngx_get_connection() counts idle connections too; directive keepalive: the number is of each worker.",
	},
	look: func(in *inquiry) (found []remark) {
		n, d := in.connections()
		for _, g := range in.config.Groups() {
			k := g.Directive.Child("keepalive")
			if k == nil || !nginx.HTTP(k) || !in.isUsed(g) {
				continue
			}
			idle, err := strconv.Atoi(k.Arg(0))
			if err != nil || idle < n || d == nil && !in.known() {
				continue
			}
			m := remark{at: k, certainty: Likely, says: fmt.Sprintf("a worker may keep %d idle connections, of %d in all", idle, n)}
			if d != nil {
				m.evidence = []Fact{in.configFact(d, "%s", d.Text())}
			}
			m.remedies = in.edit("keep fewer", in.config.ReplaceArg(k, 0, strconv.Itoa(max(1, n/8))))
			found = append(found, m)
		}
		return found
	},
})

// known tells whether the main file was given: what is not set there is at its default.
func (in *inquiry) known() bool {
	for _, d := range in.config.Top {
		if d.Name == "events" {
			return true
		}
	}
	return false
}

var _ = registerCheck(check{
	name: "error-log-hides", cause: "config-error", severity: SeverityWarning,
	doc: CheckDoc{
		What:  "The error log is written at crit, alert or emerg. Failures of upstreams are logged at error: a 502 leaves no line that says why.",
		Mends: "error_log FILE; its level is error by default. warn also tells of responses that were buffered to disk.",
		From:  "ngx_http_upstream_next() logs at NGX_LOG_ERR; directive error_log.",
	},
	look: func(in *inquiry) (found []remark) {
		seen := map[*nginx.Directive]bool{}
		for _, p := range in.httpPasses() {
			logs := in.config.EffectiveAll(p.Directive.Parent, "error_log")
			if len(logs) == 0 || seen[logs[0]] || !allAbove(logs) {
				continue
			}
			seen[logs[0]] = true
			d := logs[0]
			found = append(found, remark{at: d, certainty: Proved, says: d.Arg(1) + " leaves out all lines about failed upstreams",
				remedies: in.edit("log errors", in.config.ReplaceArg(d, 1, "error"))})
		}
		return found
	},
})

func allAbove(logs []*nginx.Directive) bool {
	for _, d := range logs {
		if level := d.Arg(1); level != "crit" && level != "alert" && level != "emerg" {
			return false
		}
	}
	return true
}

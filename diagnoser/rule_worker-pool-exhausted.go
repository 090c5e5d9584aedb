package diagnoser

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "worker-pool-exhausted",
	doc: Doc{
		What:    "All workers of the backend are busy: new requests wait in the accept queue until the proxy's timeout, or find the queue full.",
		Confirm: "php-fpm: server reached pm.max_children in its log, listen queue in its status page; ss -ltn or -xl: Recv-Q of the listener above 0.",
		Mends:   "Find what keeps the workers busy (slow queries, remote calls); more workers only where memory and the database bear them.",
		Hides:   "A longer timeout or a longer queue: clients wait longer for the same.",
		Source:  "php-fpm, pm.max_children",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature == "queue" {
			return &opinion{certainty: Likely, weight: 1, check: "show stat on the statistics socket: qcur, scur against slim", evidence: []Fact{
				fact(fromLog, "the request waited in the proxy's queue for a free connection to a server")},
				also: []Alternative{{"backend-overloaded", "the backend may be too slow for what arrives", "its processors and its response time"}}}
		}
		if !(g.late() || g.died() || g.Errno == 11) {
			return nil
		}
		o := in.fullPool(g)
		if o == nil {
			o = in.hinted("worker-pool-exhausted", "the backend's log: max_children reached; ss -ltn: Recv-Q")
		}
		return in.queued(g, o)
	},
})

// fullPool judges by php-fpm's status page, and by connections that wait for a listener whose workers are busy.
func (in *inquiry) fullPool(g *group) *opinion {
	for _, p := range in.told().Pools {
		if p.MaxReached > 0 || p.Queue > 0 && p.Idle == 0 {
			return &opinion{certainty: Likely, weight: 5, check: "php-fpm's status page, with ?full", evidence: []Fact{
				fact(fromBackend, "pool %s: %d active, %d idle, %d waiting, max_children reached %d times", p.Name, p.Active, p.Idle, p.Queue, p.MaxReached)}}
		}
	}
	if l := in.listener(g.target); in.blind() && l != nil && l.Queue > 0 && g.late() {
		return &opinion{certainty: Likely, weight: 3, check: "the backend's log; ss -ltn: Recv-Q", evidence: []Fact{
			fact(fromSocket, "%d connections wait for %s to accept them", l.Queue, describe(*l))}, also: []Alternative{
			{"app-hang", "the backend may accept no more at all", "ps -o state,wchan of its processes"}}}
	}
	return nil
}

// poolSetting is the setting of servers whose workers have one request each, by what their process is called.
var poolSetting = map[string]string{
	"php-fpm": "pm.max_children", "gunicorn": "workers", "uwsgi": "processes", "unicorn": "worker_processes",
	"puma": "threads", "apache2": "MaxRequestWorkers", "httpd": "MaxRequestWorkers",
}

// queued adds what the accept queue shows to an opinion, or makes one: behind a server of workers connections
// wait only while each worker has a request. With the server's own word that decides.
func (in *inquiry) queued(g *group, o *opinion) *opinion {
	l := in.listener(g.target)
	if in.blind() || l == nil {
		return o
	}
	setting, workers := in.poolOf(l)
	p := in.probe(g)
	switch {
	case o != nil && l.Queue > 0:
		o.certainty = Proved
	case o == nil && l.Queue > 0 && workers > 0 && g.late() && probed(p, evidence.TimedOut):
		o = &opinion{certainty: Likely, weight: 3, check: "a stack dump of each worker: py-spy dump --pid PID", also: []Alternative{
			{"app-hang", "the workers may hang for good", "a stack dump of each worker, twice"}}}
	default:
		return o
	}
	o.evidence = append(o.evidence, fact(fromSocket, "%d connections wait for %s to accept them", l.Queue, describe(*l)))
	if workers > 0 {
		o.evidence = append(o.evidence, fact(fromProcess, "%s has %d workers", l.Process, workers))
	}
	o.remedies = append(o.remedies, morePool(g, setting, workers))
	return o
}

// poolOf gives the setting for the number of workers of the server that owns a listener, and how many there are.
func (in *inquiry) poolOf(l *evidence.Listener) (setting string, workers int) {
	for name, s := range poolSetting {
		if strings.HasPrefix(l.Process, name) {
			setting = s
		}
	}
	for _, p := range in.host.Processes {
		if setting != "" && p.PPID == l.PID && p.Name == l.Process {
			workers++
		}
	}
	return setting, workers
}

// morePool proposes twice the workers where their number is known.
func morePool(g *group, setting string, workers int) Remedy {
	value := ""
	if workers > 0 {
		value = strconv.Itoa(2 * workers)
	}
	commands := []string{"ss -ltn; ss -xl # Recv-Q of the listener"}
	switch setting {
	case "pm.max_children":
		commands = append(commands, "grep -r max_children /etc/php/*/fpm/pool.d", "systemctl reload php*-fpm", "docker compose up -d --force-recreate APP")
	case "workers":
		commands = append(commands, "systemctl edit APP # ExecStart=gunicorn --workers "+cmp.Or(value, "NUMBER")+" ...", "docker run ... gunicorn --workers "+cmp.Or(value, "NUMBER"))
	}
	return change(g, setting, value, "find what keeps the workers busy; more of them where memory and the database bear it", commands...)
}

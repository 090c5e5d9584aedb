package diagnoser

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
		if o := in.fullPool(g); o != nil {
			return o
		}
		return in.hinted("worker-pool-exhausted", "the backend's log: max_children reached; ss -ltn: Recv-Q")
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

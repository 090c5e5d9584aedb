package diagnoser

var _ = register(rule{
	cause: "worker-pool-exhausted",
	doc: Doc{
		What:    "All workers of the backend are busy: new requests wait in the accept queue until the proxy's timeout, or find the queue full.",
		Confirm: "php-fpm: server reached pm.max_children in its log, listen queue in its status page; ss -ltn or -xl: Recv-Q of the listener above 0.",
		Mends:   "Find what keeps the workers busy (slow queries, remote calls); more workers only where memory and the database bear them.",
		Hides:   "A longer timeout or a longer queue: clients wait longer for the same.",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !(g.late() || g.died() || g.Errno == 11) {
			return nil
		}
		return in.hinted("worker-pool-exhausted", "the backend's log: max_children reached; ss -ltn: Recv-Q")
	},
})

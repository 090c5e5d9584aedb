package diagnoser

var _ = register(rule{
	cause: "backend-overloaded",
	doc: Doc{
		What:    "The backend is reachable and works, but there is more to do than it can: the machine has too few processors, swaps, or is under a load test. Answers come late, some too late.",
		Confirm: "top, vmstat 1, free -m on the backend's host: processors at 100 %, swap in and out, a load above the number of processors. The response time grows with the number of clients.",
		Mends:   "Less work per request, more machines or processors, a limit on concurrent requests in front (limit_conn, maxconn with a queue).",
		Hides:   "Longer timeouts: clients wait longer for the same, and more of them at once.",
		Source:  "proc(5), /proc/loadavg and /proc/pressure",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !(g.late() || g.Signature == "queue") || in.host == nil {
			return nil
		}
		m := in.told().Memory
		if m == nil || m.Total == 0 || m.Available*20 > m.Total {
			return nil
		}
		return &opinion{certainty: Likely, weight: 3, check: "vmstat 1; top", evidence: []Fact{
			fact(fromKernel, "%d MiB of %d MiB memory are available", m.Available, m.Total)},
			also: []Alternative{{"worker-killed-oom", "the kernel may kill a worker next", "dmesg | grep -i 'killed process'"}}}
	},
})

package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = register(rule{
	cause: "backlog-full",
	doc: Doc{
		What: "The backend's accept queue is full: it accepts more slowly than connections arrive, or not at all. On a unix socket connect(2) fails at once " +
			"with errno 11 (502); on TCP the handshake goes unanswered until the connect timeout (504).",
		Confirm: "ss -xl (or -ltn): Recv-Q of the listener is above Send-Q, its limit; nstat -az TcpExtListenOverflows grows.",
		Mends:   "Let the backend accept again: more workers, or find what blocks them. A larger backlog (listen.backlog, --backlog) with net.core.somaxconn carries bursts only.",
		Hides:   "A larger backlog where no worker is free turns errors into waiting. Restarting a backend that hangs helps until it hangs again.",
		Source:  "listen(2); unix(7): EAGAIN for a full queue; tcp_v4_syn_recv_sock",
	},
	judge: func(in *inquiry, g *group) *opinion {
		exhausted := g.is(evidence.Connecting, evidence.Exhausted) && g.Errno == 11
		if !exhausted && !g.is(evidence.Connecting, evidence.TimedOut) || !g.known() {
			return nil
		}
		l := in.listener(g.target)
		full := l != nil && l.Queue > 0 && l.Queue >= l.Backlog
		if !exhausted && !full {
			return nil
		}
		o := &opinion{certainty: Likely, weight: 3, check: "ss -xl; ss -ltn", remedies: []Remedy{
			backend(RestartBackend, "restart the backend, whose workers no longer accept; then look for what blocked them", g)}}
		if l != nil {
			o.evidence = append(o.evidence, fact(fromSocket, "%d connections wait for %s, its limit is %d", l.Queue, describe(*l), l.Backlog))
		}
		if full {
			o.certainty = Proved
		}
		o.also = []Alternative{
			{"worker-pool-exhausted", "all workers may be busy", "the backend's log: max_children reached, busy workers"},
			{"app-hang", "the backend may have stopped accepting", "ps -o state,wchan of its processes"},
		}
		if p := in.probe(g); p != nil {
			addProbe(o, p, evidence.Exhausted, evidence.TimedOut)
		}
		return o
	},
})

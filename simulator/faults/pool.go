package faults

import "github.com/badgateway/badgateway/simulator"

// KilledWithQueue closes the listener once n connections with requests lie in its queue, as when an application is
// killed that had not come to accept them: the kernel resets them all.
//
// nginx: "recv() failed (104: Connection reset by peer) while reading response header from upstream".
func KilledWithQueue(n int) *simulator.Plan {
	return &simulator.Plan{Endpoint: simulator.Endpoint{KillWithQueue: n}}
}

// NoDescriptors has no free file descriptor: accept(2) fails with EMFILE, and connections stay in the queue.
//
// nginx: "upstream timed out (110: Connection timed out) while reading response header from upstream".
func NoDescriptors() *simulator.Plan {
	return &simulator.Plan{Endpoint: simulator.Endpoint{NoDescriptors: true}}
}

// PoolExhausted has n workers, each of which hangs with its request. Waiting says where other connections wait: in the accept
// "queue", as with php-fpm and gunicorn, or "accepted", as with an event loop before a pool of threads.
//
// nginx: "upstream timed out (110: Connection timed out) while reading response header from upstream".
func PoolExhausted(n int, waiting string) *simulator.Plan {
	p := Hang()
	p.Endpoint.Workers, p.Endpoint.Waiting = n, waiting
	return p
}

var _ = register(Fault{
	Name: "killed-with-queue", Cause: "backend-restarted", Places: everywhere, plan: always(KilledWithQueue(1)),
	Doc:    "The listener is closed while a connection with its request lies in the accept queue: the kernel resets it.",
	Source: headerRule + "; inet_csk_listen_stop and unix_release_sock of Linux", Outcomes: []Outcome{handshakeReset.at(secure), headerReset},
})

var _ = register(Fault{
	Name: "no-descriptors", Cause: "app-hang", Places: everywhere, plan: always(NoDescriptors()),
	Doc:    "accept(2) fails with EMFILE before it looks at the queue: the connection stays there, with its request.",
	Source: headerRule + "; accept(2)", Outcomes: []Outcome{handshakeTimer.at(secure), headerTimer},
})

var _ = register(Fault{
	Name: "pool-exhausted", Cause: "worker-pool-exhausted", Places: with(anywhere, grpc), plan: always(PoolExhausted(1, "queue")),
	Doc:    "All workers hang with other requests; this one waits in the accept queue.",
	Source: headerRule, Needs: Needs{Busy: 1}, Outcomes: []Outcome{headerTimer},
})

var _ = register(Fault{
	Name: "pool-exhausted-accepted", Cause: "worker-pool-exhausted", Places: with(anywhere, grpc), plan: always(PoolExhausted(1, "accepted")),
	Doc:    "All workers hang with other requests; this one is accepted and waits for one of them.",
	Source: headerRule, Needs: Needs{Busy: 1}, Outcomes: []Outcome{headerTimer},
})

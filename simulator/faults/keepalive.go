package faults

import (
	"time"

	"github.com/badgateway/badgateway/simulator"
)

// KeepAliveClose serves n exchanges of each connection and ends it by a FIN when another one arrives: the
// race of an application that closes an idle connection just as the proxy uses it again.
//
// nginx: "upstream prematurely closed connection while reading response header from upstream"; a GET is then tried again.
func KeepAliveClose(n int) *simulator.Plan { return from(n+1, simulator.FIN()) }

// KeepAliveReset is KeepAliveClose with a reset in place of the FIN.
//
// nginx: "recv() failed (104: Connection reset by peer) while reading response header from upstream"; a GET is then tried again.
func KeepAliveReset(n int) *simulator.Plan { return from(n+1, simulator.RST()) }

// KeepAliveHang serves n exchanges of each connection and hangs in the next.
//
// nginx: "upstream timed out (110: Connection timed out) while reading response header from upstream".
func KeepAliveHang(n int) *simulator.Plan { return from(n+1, simulator.ReadBody(), simulator.Hang()) }

func from(n int, steps ...simulator.Step) *simulator.Plan {
	return &simulator.Plan{Exchanges: []simulator.Rule{simulator.On(simulator.ExchangesFrom(n), steps...)}}
}

// IdleClose ends kept connections by a FIN once they lay idle for d. nginx notices it and connects anew.
func IdleClose(d time.Duration) *simulator.Plan {
	return &simulator.Plan{Idle: &simulator.Idling{After: d, Then: simulator.Script{simulator.FIN()}}}
}

// IdleReset resets kept connections once they lay idle for d (TCP). nginx notices it and connects anew.
func IdleReset(d time.Duration) *simulator.Plan {
	return &simulator.Plan{Idle: &simulator.Idling{After: d, Then: simulator.Script{simulator.RST()}}}
}

const retryRule = "ngx_http_upstream_next (ngx_http_upstream.c): a failure on a kept connection is tried again, unless the method is not idempotent"

// reused is a second exchange on a kept connection.
func reused(method string) Needs { return Needs{Method: method, KeepAlive: true, Before: 1} }

// unknownStream is what comes of the second try over HTTP/2: nginx sends the very frames of the first one again,
// so that the first stream of the new connection is number 3, and then takes the answer for a stranger's.
var unknownStream = invalidAnswer("upstream sent frame for unknown stream 3 while reading response header from upstream")

// andThen is what a failed first try and a failed second one lead to.
func (o Outcome) andThen(second Outcome) Outcome {
	o.Again = &second
	return o
}

// retried is an event whose request was served at the second try.
func (o Outcome) retried() Outcome {
	o.Status = 200
	return o
}

var _ = register(Fault{
	Name: "keepalive-close", Cause: "keepalive-race", Places: with(kept, secure, grpc), plan: always(KeepAliveClose(1)),
	Doc:    "The second request of a kept connection meets a FIN. It is a GET: nginx sends it again over another connection.",
	Source: retryRule, Needs: reused("GET"), Outcomes: []Outcome{headerClosed.andThen(unknownStream).at(grpc), headerClosed.retried()},
})

var _ = register(Fault{
	Name: "keepalive-close-post", Cause: "keepalive-race", Places: with(kept, secure, grpc), plan: always(KeepAliveClose(1)),
	Doc:    "The second request of a kept connection meets a FIN. It is a POST, which may have had its effect already.",
	Source: retryRule, Needs: reused("POST"), Outcomes: []Outcome{headerClosed},
})

var _ = register(Fault{
	Name: "keepalive-reset", Cause: "keepalive-race", Places: with(kept, secure, grpc), plan: always(KeepAliveReset(1)),
	Doc:    "The second request of a kept connection meets a reset. It is a GET: nginx sends it again over another connection.",
	Source: retryRule, Needs: reused("GET"), Outcomes: []Outcome{headerReset.andThen(unknownStream).at(grpc), headerClosed.retried().at(secure), headerReset.retried()},
})

var _ = register(Fault{
	Name: "keepalive-reset-post", Cause: "keepalive-race", Places: with(kept, secure, grpc), plan: always(KeepAliveReset(1)),
	Doc:    "The second request of a kept connection meets a reset. It is a POST, which may have had its effect already.",
	Source: retryRule, Needs: reused("POST"), Outcomes: []Outcome{headerClosed.at(secure), streamReset, headerReset},
})

var _ = register(Fault{
	Name: "keepalive-hang", Cause: "keepalive-hang", Places: with(kept, secure, grpc), plan: always(KeepAliveHang(1)),
	Doc:    "The second request of a kept connection is read and never answered.",
	Source: headerRule, Needs: reused("GET"), Outcomes: []Outcome{headerTimer},
})

// idled is a second exchange after the application ended the kept connection.
var idled = Needs{KeepAlive: true, Before: 1, Pause: 300 * time.Millisecond}

const idleRule = "ngx_http_upstream_keepalive_close_handler (ngx_http_upstream_keepalive_module.c)"

var _ = register(Fault{
	Name: "idle-close", Places: with(kept, secure, grpc), plan: always(IdleClose(50 * time.Millisecond)),
	Doc:    "A kept connection is ended by a FIN while it lies idle, long before the next request.",
	Source: idleRule, Needs: idled, Outcomes: []Outcome{served},
})

var _ = register(Fault{
	Name: "idle-reset", Places: with(keptTCP, secure, grpc), plan: always(IdleReset(50 * time.Millisecond)),
	Doc:    "A kept connection is reset while it lies idle, long before the next request.",
	Source: idleRule, Needs: idled, Outcomes: []Outcome{served},
})

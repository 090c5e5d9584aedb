package faults

import (
	"time"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/strictyaml"
)

func size(n int64) strictyaml.Size { return strictyaml.Size(n) }

// page is the answer that faults spoil: three header lines and a body of 64 KiB.
func page() simulator.Step {
	return simulator.Respond(simulator.Response{Header: simulator.Fields{{Name: "X-App", Value: "shop-frontend"}}, Fill: 64 << 10})
}

func cut(m simulator.Mark, then ...simulator.Step) *simulator.Plan {
	return exchanges(simulator.CutAt(m, then...), page())
}

// CloseInHeader ends the connection by a FIN k bytes into the second header line.
//
// nginx: "upstream prematurely closed connection while reading response header from upstream".
func CloseInHeader(k int64) *simulator.Plan {
	return cut(simulator.HeaderAt(1).Add(k), simulator.FIN())
}

// ResetInHeader resets the connection after k bytes of the second header line are delivered.
//
// nginx: "recv() failed (104: Connection reset by peer) while reading response header from upstream".
func ResetInHeader(k int64) *simulator.Plan {
	return cut(simulator.HeaderAt(1).Add(k), simulator.Flush(), simulator.RST())
}

// StallInHeader sends nothing more after k bytes of the second header line.
//
// nginx: "upstream timed out (110: Connection timed out) while reading response header from upstream".
func StallInHeader(k int64) *simulator.Plan {
	return exchanges(simulator.StallAt(simulator.HeaderAt(1).Add(k)), page())
}

// DribbleHeader sends the header in pieces of n bytes, one each gap. nginx starts
// proxy_read_timeout once for the whole header: gaps below it do not help.
//
// nginx: "upstream timed out (110: Connection timed out) while reading response header from upstream".
func DribbleHeader(n int64, gap time.Duration) *simulator.Plan {
	return exchanges(simulator.Dribble(size(n), gap, simulator.Start(), simulator.HeadEnd()), page())
}

// OversizedHeader answers with a header line whose value has n bytes.
//
// nginx: "upstream sent too big header while reading response header from upstream".
func OversizedHeader(n int64) *simulator.Plan {
	return exchanges(simulator.Respond(simulator.Response{HeaderOf: simulator.Sizes{{Name: "X-Session", Size: size(n)}}, Body: "ok\n"}))
}

// ManyCookies answers with n Set-Cookie lines of 900 bytes: none is large, their sum is.
//
// nginx: "upstream sent too big header while reading response header from upstream".
func ManyCookies(n int) *simulator.Plan {
	var cookies simulator.Sizes
	for range n {
		cookies = append(cookies, simulator.Sized{Name: "Set-Cookie", Size: 900})
	}
	return exchanges(simulator.Respond(simulator.Response{HeaderOf: cookies, Body: "ok\n"}))
}

var bigHeader = Outcome{Status: 502, Phase: readingHeader, Result: tooBig,
	Log: "upstream sent too big header while reading response header from upstream"}

var _ = register(Fault{
	Name: "close-in-header", Cause: "backend-connection-reset", Places: everywhere, plan: always(CloseInHeader(10)),
	Doc:    "FIN after a part of the header.",
	Source: headerRule, Outcomes: []Outcome{headerClosed},
})

var _ = register(Fault{
	Name: "reset-in-header", Cause: "backend-connection-reset", Places: everywhere, plan: always(ResetInHeader(10)),
	Doc:    "RST after a part of the header was acknowledged (TCP) or read (unix).",
	Source: headerRule, Outcomes: []Outcome{headerClosed.at(secure), streamReset, headerReset},
})

var _ = register(Fault{
	Name: "stall-in-header", Cause: "read-timeout", Places: everywhere, plan: always(StallInHeader(10)),
	Doc:    "Silence after a part of the header.",
	Source: headerRule, Outcomes: []Outcome{headerTimer},
})

var _ = register(Fault{
	Name: "dribbled-header", Cause: "header-timeout-dribble", Places: everywhere, plan: always(DribbleHeader(16, 900*time.Millisecond)),
	Doc:    "The header comes in pieces, each of them sooner than the read timeout after the one before.",
	Source: headerRule + ": the timer is not started again while the header is incomplete", Outcomes: []Outcome{headerTimer},
})

var _ = register(Fault{
	Name: "oversized-header", Cause: "oversized-header", Places: everywhere, plan: always(OversizedHeader(16 << 10)),
	Doc:    "A header line that does not fit into one buffer of the proxy, a page of 4 KiB unless configured.",
	Source: headerRule, Outcomes: []Outcome{bigHeader},
})

var _ = register(Fault{
	Name: "many-cookies", Cause: "oversized-header", Places: everywhere, plan: always(ManyCookies(6)),
	Doc:    "Header lines that are small each and do not fit into one buffer together.",
	Source: headerRule, Outcomes: []Outcome{bigHeader},
})

package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = register(rule{
	cause: "long-poll-timeout",
	doc: Doc{
		What:    "The request is one that waits for news on purpose (long polling, server-sent events), and the proxy's read timeout is shorter than the backend's wait.",
		Confirm: "Only such requests fail, after exactly *_read_timeout. The backend's own interval (pingInterval, heartbeat) is longer.",
		Mends:   "An interval in the backend below the proxy's timeout; or a location of its own for these requests, with a longer *_read_timeout and proxy_buffering off.",
		Hides:   "A longer timeout for the whole site lets requests that really hang wait as long.",
		Source:  "RFC 6202; ngx_http_proxy_module, proxy_read_timeout",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !pausedOrLate(g) {
			return nil
		}
		uri := strings.ToLower(g.Request)
		for _, word := range []string{"transport=polling", "long_poll", "longpoll", "long-poll", "/poll?", "/poll ", "/sse ", "/sse?", "/sse/", "eventsource", "event-stream", "/events/stream", "/longpolling", "/http-bind", "/comet", "/_events"} {
			if strings.Contains(uri, word) {
				o := &opinion{certainty: Likely, weight: 2, check: "how long does the backend wait before it answers empty?", evidence: []Fact{
					fact(fromLog, "the request is one of long polling: %q", word)}}
				in.pollFacts(g, o)
				return o
			}
		}
		return nil
	},
})

// pollFacts judge by a direct poll: one that is answered later than the proxy waits decides, and one that is
// never answered is no poll that waits for news.
func (in *inquiry) pollFacts(g *group, o *opinion) {
	p := in.probe(g)
	if g.pass == nil || p == nil {
		return
	}
	limit := in.timeoutFacts(g.pass, "read_timeout", o)
	switch {
	case p.Outcome == evidence.OK && p.HeaderAfter > limit:
		o.certainty = Proved
		o.evidence = append(o.evidence, probeFact(p))
		o.remedies = in.longer(g.pass, "read_timeout", p.HeaderAfter)
		for i := range o.remedies { // a location of polls waits for as long as they do
			o.remedies[i].Mitigation = wholeSite(g.pass.Place())
		}
	case p.Outcome == evidence.TimedOut:
		o.certainty = Possible
		o.against = append(o.against, probeFact(p))
	}
}

// wholeSite tells whether what holds in a block holds for more than some paths.
func wholeSite(block *nginx.Directive) bool {
	return block == nil || block.Name != "location" || block.Arg(len(block.Args)-1) == "/"
}

// pausedOrLate tells whether one of the proxy's timers ended the wait for an answer, or for more of it.
func pausedOrLate(g *group) bool {
	return g.Timer && (g.late() || g.is(evidence.ReadingBody, evidence.TimedOut))
}

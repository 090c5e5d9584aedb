package diagnoser

import "strings"

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
		if !g.late() || !g.Timer {
			return nil
		}
		uri := strings.ToLower(g.Request)
		for _, word := range []string{"transport=polling", "long_poll", "longpoll", "long-poll", "/poll?", "/poll ", "/sse ", "/sse?", "eventsource"} {
			if strings.Contains(uri, word) {
				return &opinion{certainty: Likely, weight: 2, check: "how long does the backend wait before it answers empty?", evidence: []Fact{
					fact(fromLog, "the request is one of long polling: %q", word)}}
			}
		}
		return nil
	},
})

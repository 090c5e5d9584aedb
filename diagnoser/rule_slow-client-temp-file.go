package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = register(rule{
	cause: "slow-client-temp-file",
	doc: Doc{
		What: "A large response is read faster than the client takes it. nginx keeps the difference in a temporary file, of 1 GB at most (proxy_max_temp_file_size). When that " +
			"is full it stops reading; the backend gives up on the connection that stands still, and the download ends short, often at about 1 GB.",
		Confirm: "The log has \"buffered to a temporary file\" for the request; the access log's size is near 1073741824, or that plus what the client had taken.",
		Mends:   "proxy_max_temp_file_size 0 (fastcgi_, uwsgi_ likewise), so that the backend is read at the client's pace; proxy_buffering off for that location; X-Accel-Redirect for files.",
		Hides:   "A longer send timeout in the backend.",
		Source:  "ngx_event_pipe_write_chain_to_temp_file, ngx_event_pipe.c",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Phase != evidence.ReadingBody || g.Outcome != evidence.ClosedEarly && g.Outcome != evidence.Reset && g.Outcome != evidence.TimedOut {
			return nil
		}
		for _, n := range in.groups.list {
			if n.Signature != "buffered" || !shares(n, g) {
				continue
			}
			return &opinion{certainty: Likely, weight: 3, check: "the access log's size of the response: about 1 GB?", evidence: []Fact{
				logFact(n), fact(fromLog, "the same request was buffered to a temporary file, which has a limit")}}
		}
		return nil
	},
})

// shares tells whether two groups have a connection in common.
func shares(a, b *group) bool {
	for conn := range a.conns {
		if conn != 0 && b.conns[conn] {
			return true
		}
	}
	return false
}

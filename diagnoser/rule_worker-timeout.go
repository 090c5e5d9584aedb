package diagnoser

import (
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "worker-timeout",
	doc: Doc{
		What:    "The application server ends a worker of its own that takes too long: gunicorn --timeout (30 s), php-fpm request_terminate_timeout, uWSGI harakiri. The proxy sees the connection end without an answer.",
		Confirm: "The backend's log at that second: WORKER TIMEOUT, execution timed out, HARAKIRI. The time from request to error is constant, and shorter than the proxy's timeout.",
		Mends:   "A faster request, or work done in the background; an asynchronous worker where many wait for something else.",
		Hides:   "A longer time limit, which only lets each slow request hold its worker longer.",
		Source:  "gunicorn, timeout; php-fpm, request_terminate_timeout; uWSGI, harakiri",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !g.died() {
			return nil
		}
		if o := in.hinted("worker-timeout", "the backend's log: WORKER TIMEOUT, execution timed out, HARAKIRI"); o != nil {
			return o
		}
		return in.shortLimit(g)
	},
})

// shortLimit judges by the time limit that the backend was told, where it is shorter than the proxy waits.
func (in *inquiry) shortLimit(g *group) *opinion {
	limit, wait := time.Duration(0), 60*time.Second
	for _, p := range in.told().Pools {
		limit = max(limit, p.Terminate)
	}
	for _, b := range in.told().Binds {
		limit = max(limit, b.Timeout)
	}
	if g.pass != nil {
		wait, _ = in.timeout(g.pass, "read_timeout")
	}
	if limit == 0 || limit >= wait || g.Phase != evidence.ReadingHeader {
		return nil
	}
	return &opinion{certainty: Likely, weight: 1, check: "the backend's log: WORKER TIMEOUT, execution timed out, HARAKIRI", evidence: []Fact{
		fact(fromBackend, "the backend ends a worker after %s, and the proxy waits %s", limit, wait)}}
}

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
		o := in.hinted("worker-timeout", "the backend's log: WORKER TIMEOUT, execution timed out, HARAKIRI")
		if o == nil {
			o = in.shortLimit(g)
		}
		longer := change(g, in.limitSetting(), "", "a longer time limit in the backend, and a read timeout of the proxy above it",
			"gunicorn --timeout SECONDS", "request_terminate_timeout = SECONDS # the pool's file, then systemctl reload php-fpm", "harakiri = SECONDS # uWSGI")
		return in.repeats(g, o).mends(append([]Remedy{change(g, "", "", "a faster request, or the work done in the background with the answer at once")}, mitigates(longer)...)...)
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

// limitSetting is what the time limit is called by the server that logged its end, empty where none did.
func (in *inquiry) limitSetting() string {
	s := in.seen["worker-timeout"]
	if s == nil {
		return ""
	}
	return map[string]string{"WORKER TIMEOUT (pid": "timeout", "HARAKIRI": "harakiri", "execution timed out (": "request_terminate_timeout"}[s.words[0]]
}

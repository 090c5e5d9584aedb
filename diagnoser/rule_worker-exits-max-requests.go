package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = register(rule{
	cause: "worker-exits-max-requests",
	doc: Doc{
		What:    "The backend ends a worker after a number of requests (max_requests, PHP_FCGI_MAX_REQUESTS), and a request that was already on its way to it gets no answer.",
		Confirm: "The errors come after a constant number of requests, one per worker; the backend's log shows workers that leave.",
		Mends:   "A manager that hands the worker's connections over (php-fpm, gunicorn with several workers) instead of single php-cgi processes; jitter (--max-requests-jitter).",
		Hides:   "A larger number makes it rarer.",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !(g.died() || g.is(evidence.Connecting, evidence.Refused)) {
			return nil
		}
		return in.hinted("worker-exits-max-requests", "the backend's log: does a worker leave at that second?")
	},
})

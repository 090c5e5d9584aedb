package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = register(rule{
	cause: "worker-exits-max-requests",
	doc: Doc{
		What:    "The backend ends a worker after a number of requests (max_requests, PHP_FCGI_MAX_REQUESTS), and a request that was already on its way to it gets no answer.",
		Confirm: "The errors come after a constant number of requests, one per worker; the backend's log shows workers that leave.",
		Mends:   "A manager that hands the worker's connections over (php-fpm, gunicorn with several workers) instead of single php-cgi processes; jitter (--max-requests-jitter).",
		Hides:   "A larger number makes it rarer.",
		Source:  "php-cgi, PHP_FCGI_MAX_REQUESTS; gunicorn, max_requests",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if lateOnWindows(g) && g.target.Protocol == "fastcgi" && in.poolGone() {
			return &opinion{certainty: Likely, weight: 3, check: "tasklist | findstr php-cgi", evidence: []Fact{
				fact(fromLog, "several FastCGI processes on Windows answered once and are gone: php-cgi ends after PHP_FCGI_MAX_REQUESTS (500) requests, and nobody starts it again")},
				also: []Alternative{{"backend-down", "the backend may have been stopped", "tasklist | findstr php-cgi"}}}
		}
		if !(g.died() || g.is(evidence.Connecting, evidence.Refused)) {
			return nil
		}
		o := in.hinted("worker-exits-max-requests", "the backend's log: does a worker leave at that second?")
		if o != nil && g.known() {
			o.remedies = []Remedy{g.change("max-requests", "0", "let workers go on, and mend what they leak; where they must end, let them have no threads, which hold connections",
				"grep -rn max.requests /etc/systemd/system gunicorn.conf.py", "systemctl restart APP")}
		}
		return o
	},
})

// poolGone tells whether a whole FastCGI group is set aside.
func (in *inquiry) poolGone() bool {
	for _, e := range in.groups.list {
		if e.Outcome == evidence.NoneLive && e.target.Protocol == "fastcgi" {
			return true
		}
	}
	return false
}

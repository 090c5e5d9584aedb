package diagnoser

var _ = register(rule{
	cause: "worker-timeout",
	doc: Doc{
		What:    "The application server ends a worker of its own that takes too long: gunicorn --timeout (30 s), php-fpm request_terminate_timeout, uWSGI harakiri. The proxy sees the connection end without an answer.",
		Confirm: "The backend's log at that second: WORKER TIMEOUT, execution timed out, HARAKIRI. The time from request to error is constant, and shorter than the proxy's timeout.",
		Mends:   "A faster request, or work done in the background; an asynchronous worker where many wait for something else.",
		Hides:   "A longer time limit, which only lets each slow request hold its worker longer.",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !g.died() {
			return nil
		}
		return in.hinted("worker-timeout", "the backend's log: WORKER TIMEOUT, execution timed out, HARAKIRI")
	},
})

package diagnoser

var _ = register(rule{
	cause: "backend-request-header-limit",
	doc: Doc{
		What:    "The request's header is larger than the backend takes: uWSGI's buffer-size is 4096 bytes by default, and long cookies or tokens pass it. It closes the connection without an answer.",
		Confirm: "uWSGI logs: invalid request block size: N (max 4096)...skip. The request succeeds without its cookies.",
		Mends:   "buffer-size = 32768 in uWSGI's configuration (--max-http-header-size for Node.js, --limit-request-field_size for gunicorn); smaller cookies.",
		Hides:   "Clearing one browser's cookies. The proxy's buffers are for responses and change nothing.",
		Source:  "uWSGI, buffer-size; Node.js, --max-http-header-size",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !g.died() {
			return nil
		}
		return in.hinted("backend-request-header-limit", "the backend's log: invalid request block size")
	},
})

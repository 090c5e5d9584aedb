package diagnoser

var _ = register(rule{
	cause: "app-stderr-noise",
	doc: Doc{
		What:    "The FastCGI application writes warnings to stderr; the proxy logs them at level error. The request is answered all the same.",
		Confirm: "The access log has the request with status 200.",
		Mends:   "What the warnings name; error_log of the application into a file.",
		Hides:   "Sending the text to another file: it is no failure of the proxy in any case.",
		Source:  "ngx_http_fastcgi_process_record: FCGI_STDERR is logged; FastCGI specification section 5.3",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature != "fastcgi stderr" || detail(g.Event) != "" {
			return nil
		}
		return &opinion{certainty: Likely, check: "the access log's status of the request"}
	},
})

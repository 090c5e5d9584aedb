package diagnoser

var _ = register(rule{
	cause: "nginx-worker-crash",
	doc: Doc{
		What:    "A worker of the proxy died on a signal; all its clients lose their connection without an answer.",
		Confirm: "The alert in the log; coredumpctl; which third-party modules are loaded.",
		Mends:   "A newer nginx or module.",
		Hides:   "The master starts a new worker at once.",
		Source:  "ngx_process_get_status",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature != "worker crash" {
			return nil
		}
		return &opinion{certainty: Likely, check: "coredumpctl; nginx -V"}
	},
})

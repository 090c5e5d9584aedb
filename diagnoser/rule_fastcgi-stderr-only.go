package diagnoser

var _ = register(rule{
	cause: "fastcgi-stderr-only",
	doc: Doc{
		What:    "The FastCGI application wrote to stderr and ended without a response: it failed before its first line of output.",
		Confirm: "The stderr text stands in the log on the same connection, just before.",
		Mends:   "What that text names.",
		Hides:   "Sending errors to a file instead of stderr hides the text, not the failure.",
		Source:  "ngx_http_fastcgi_process_header; FastCGI specification section 6.2",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature != "fastcgi record" && g.Signature != "closed FastCGI stdout" {
			return nil
		}
		o := &opinion{certainty: Possible, check: "the application's log"}
		stderrFacts(in, g, o)
		if len(o.evidence) > 0 {
			o.certainty, o.weight, o.evidence = Likely, 1, o.evidence[:1]
		}
		in.withoutOutput(g, o)
		return o
	},
})

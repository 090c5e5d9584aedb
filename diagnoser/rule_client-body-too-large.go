package diagnoser

var _ = register(rule{
	cause: "client-body-too-large",
	doc: Doc{
		What:    "The request's body is larger than client_max_body_size: 413.",
		Confirm: "The log says client intended to send too large body.",
		Mends:   "A limit that fits, in the proxy and in the backend.",
		Hides:   "Chunked uploads, until the whole is counted.",
		Source:  "ngx_http_core_module, client_max_body_size",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature != "body too large" {
			return nil
		}
		return &opinion{certainty: Likely, check: "grep -rn client_max_body_size /etc/nginx"}
	},
})

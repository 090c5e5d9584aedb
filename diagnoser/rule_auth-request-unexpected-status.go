package diagnoser

var _ = register(rule{
	cause: "auth-request-unexpected-status",
	doc: Doc{
		What:    "The subrequest of auth_request was answered neither 2xx, 401 nor 403. The client gets 500.",
		Confirm: "The upstream error of the subrequest just before, if its service failed.",
		Mends:   "The authentication service.",
		Hides:   "error_page for the location: the request is still not authorized.",
		Source:  "ngx_http_auth_request_handler",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature != "auth request" {
			return nil
		}
		return &opinion{certainty: Likely, check: "the lines before in the log"}
	},
})

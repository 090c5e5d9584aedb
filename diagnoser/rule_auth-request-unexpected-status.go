package diagnoser

var _ = register(rule{
	cause: "auth-request-unexpected-status",
	doc: Doc{
		What:    "The subrequest of auth_request was answered neither 2xx, 401 nor 403. The client gets 500.",
		Confirm: "The upstream error of the subrequest just before, if its service failed.",
		Mends:   "The authentication service.",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature != "auth request" {
			return nil
		}
		return &opinion{certainty: Likely, check: "the lines before in the log"}
	},
})

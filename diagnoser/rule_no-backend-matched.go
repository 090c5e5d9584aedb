package diagnoser

var _ = register(rule{
	cause: "no-backend-matched",
	doc: Doc{
		What:    "HAProxy found no backend for the request: no use_backend rule fits, and there is no default_backend. It answers 503 itself.",
		Confirm: "The log has frontend frontend/<NOSRV> and SC with all timers at -1; the Host header and path of such a request against the frontend's rules.",
		Mends:   "The rule (a port in the Host header, upper case, a missing name), or a default_backend.",
		Hides:   "A default_backend that takes everything, also what should have failed.",
		Source:  "HAProxy configuration manual, 8.5, session state at disconnection",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature != "no backend" {
			return nil
		}
		return &opinion{certainty: Likely, weight: 2, check: "the frontend's use_backend rules against the request's Host and path", evidence: []Fact{
			fact(fromLog, "the frontend itself ended the session: no server was chosen")}}
	},
})

package diagnoser

var _ = register(rule{
	cause: "no-resolver",
	doc: Doc{
		What:    "The pass holds a variable, so its name is looked up for each request, and no resolver says where. nginx -t does not notice.",
		Confirm: "grep resolver in the configuration: none in http, server or location.",
		Mends:   "resolver ADDRESS valid=30s; in the server; or name the host in an upstream{} block, which is resolved at start.",
		Hides:   "A fixed name in an upstream{} block, until its address changes.",
		Source:  "ngx_http_upstream_init_request",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature != "no resolver" {
			return nil
		}
		return &opinion{certainty: Likely, weight: 1, check: "grep -r resolver /etc/nginx"}
	},
})

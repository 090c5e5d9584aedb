package diagnoser

var _ = register(rule{
	cause: "upstream-host-not-found",
	doc: Doc{
		What:    "A name in a *_pass or server line could not be resolved when the proxy started or was told to reload. It does not start, or goes on with the old configuration.",
		Confirm: "nginx -t says the same; getent hosts NAME.",
		Mends:   "The right name; start the proxy after the service that has it; a resolver and a variable, or server … resolve (1.27.3), where the name may come later.",
		Hides:   "A restart once the name is there.",
		Source:  "ngx_http_upstream_init_round_robin; getaddrinfo(3)",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature != "host not found" {
			return nil
		}
		return &opinion{certainty: Likely, check: "nginx -t; getent hosts NAME"}
	},
})

package diagnoser

var _ = register(rule{
	cause: "config-error",
	doc: Doc{
		What:    "The configuration, or what its variables make of it for a request, names no usable upstream. The client gets 500, or the proxy does not start.",
		Confirm: "nginx -t for what is wrong at start; the message names the value where a variable is empty.",
		Mends:   "The directive named; a default for the map or variable.",
		Hides:   "A restart does not get past it; without the directive the mistake is gone, and so is its purpose.",
		Source:  "ngx_http_proxy_eval, ngx_conf_parse",
	},
	judge: func(in *inquiry, g *group) *opinion {
		switch g.Signature {
		case "bad url", "bad local address", "cache key", "config", "tls setup":
			return &opinion{certainty: Likely, check: "nginx -t"}
		case "bind":
			return &opinion{certainty: Possible, check: "ip addr: is the address of proxy_bind there?"}
		}
		return nil
	},
})

package diagnoser

var _ = register(rule{
	cause: "no-resolver",
	doc: Doc{
		What: "The pass holds a variable, so its name is looked up for each request, and no resolver says where; nginx -t does not notice. Or a server of a group has resolve: " +
			"then nginx does not start.",
		Confirm: "grep resolver in the configuration: none in http, server or location.",
		Mends:   "resolver ADDRESS valid=30s; in the server; or name the host in an upstream{} block, which is resolved at start.",
		Hides:   "A fixed name in an upstream{} block, until its address changes.",
		Source:  "ngx_http_upstream_init_request",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature != "no resolver" {
			return nil
		}
		o := &opinion{certainty: Likely, weight: 1, check: "grep -r resolver /etc/nginx"}
		in.sameRefusal(g, o) // server ... resolve
		p := in.passFor(g)
		if p == nil || !p.Variable || in.config.Effective(p.Place(), "resolver") != nil {
			return o
		}
		o.certainty, o.where = Proved, in.where(p.Directive)
		o.evidence = append(o.evidence, in.configFact(p.Directive, "%s holds a variable, and no resolver is set here or around it", p.Directive.Name))
		if server := in.nameserver(); server != "" {
			o.evidence = append(o.evidence, fact(fromFile, "resolv.conf names %s", server))
			o.remedies = in.edit("look names up where this host does", in.config.Set(p.Place(), p.Directive, "resolver", server))
		}
		return o
	},
})

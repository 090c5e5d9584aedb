package diagnoser

var _ = register(rule{
	cause: "proxy-loop",
	doc: Doc{
		What:    "The proxy passes requests to itself: the upstream's address is one on which it listens. Each request becomes many, until descriptors or connections run out.",
		Confirm: "ss -ltnp for the upstream's port shows nginx; the access log shows the same request over and over.",
		Mends:   "The backend's real address in the pass; the server_name that should have caught the request.",
		Hides:   "Higher limits let the loop turn longer.",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !g.tcp() || g.Outcome == "" || !in.local(g.target) || !in.config.ListensOn(g.target.Address) {
			return nil
		}
		o := &opinion{certainty: Likely, weight: 5, check: "ss -ltnp", evidence: []Fact{
			fact(fromConfig, "the proxy itself listens on %s", g.target.Address)}}
		if g.pass != nil {
			o.evidence[0] = in.configFact(g.pass.Directive, "%s leads to %s, where the proxy itself listens", g.pass.Directive.Text(), g.target.Address)
		}
		return o
	},
})

package diagnoser

var _ = register(rule{
	cause: "fastcgi-overloaded",
	doc: Doc{
		What:    "The FastCGI server ends the request before any output: END_REQUEST with OVERLOADED or CANT_MPX, or an application that wrote nothing.",
		Confirm: "The server's log; cgi-fcgi -bind -connect ADDRESS shows the protocol status.",
		Mends:   "More children, or what keeps them busy.",
		Hides:   "A second server in the group takes the requests until it is full too.",
		Source:  "FastCGI specification section 5.5, FCGI_END_REQUEST",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature != "fastcgi record" {
			return nil
		}
		o := &opinion{certainty: Possible, weight: 1, check: "the FastCGI server's log and status page"}
		if p := in.probe(g); overloaded(p) {
			o.certainty, o.weight = Proved, 3
			o.evidence = append(o.evidence, probeFact(p))
		}
		if g.known() {
			o.remedies = []Remedy{g.change("max children", "", "more processes in the FastCGI server, or fewer things that keep them busy",
				"spawn-fcgi -F NUMBER; FcgidMaxProcesses NUMBER; pm.max_children = NUMBER", "systemctl restart APP")}
		}
		return o
	},
})

package diagnoser

var _ = register(rule{
	cause: "nginx-memory-limit",
	doc: Doc{
		What:    "The proxy itself gets no memory, from the kernel or from the shared zone of an upstream{} block.",
		Confirm: "dmesg, memory.events of its cgroup, ps -o rss.",
		Mends:   "More memory for the proxy, or fewer and smaller buffers.",
		Hides:   "A restart.",
		Source:  "ngx_palloc; cgroups(7)",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Errno != 12 && g.Errno != 105 && g.Signature != "zone memory" {
			return nil
		}
		return &opinion{certainty: Likely, check: "memory.events of the proxy's cgroup; dmesg"}
	},
})

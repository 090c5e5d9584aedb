package diagnoser

var _ = register(rule{
	cause: "worker-killed-oom",
	doc: Doc{
		What:    "The kernel, or the container's memory limit, kills a worker of the backend in the middle of a request: the connection ends without an answer.",
		Confirm: "dmesg -T | grep -i 'killed process' at that second; docker inspect -f '{{.State.OOMKilled}}'; memory.events of the cgroup counts oom_kill.",
		Mends:   "Less memory per request or fewer workers; a higher limit where the need is real.",
		Hides:   "A restart policy brings the worker back until the next large request.",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !g.died() {
			return nil
		}
		return in.hinted("worker-killed-oom", "dmesg | grep -i 'killed process'")
	},
})

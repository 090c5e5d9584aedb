package diagnoser

import "strings"

var _ = register(rule{
	cause: "worker-killed-oom",
	doc: Doc{
		What:    "The kernel, or the container's memory limit, kills a worker of the backend in the middle of a request: the connection ends without an answer.",
		Confirm: "dmesg -T | grep -i 'killed process' at that second; docker inspect -f '{{.State.OOMKilled}}'; memory.events of the cgroup counts oom_kill.",
		Mends:   "Less memory per request or fewer workers; a higher limit where the need is real.",
		Hides:   "A restart policy brings the worker back until the next large request.",
		Source:  "oom_kill_process; cgroups(7), memory.max",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !g.died() && !missed(g) && !g.late() {
			return nil // a backend that was killed is not there at first
		}
		o := in.hinted("worker-killed-oom", "dmesg | grep -i 'killed process'")
		if o == nil {
			o = in.killedContainer()
		}
		if o != nil && in.killedByMaster() {
			o.certainty, o.weight = Possible, 0
			o.against = append(o.against, in.hinted("worker-timeout", "").evidence...)
		}
		return in.repeats(g, o).mends(change(g, "memory", "", "less memory for the request, fewer workers, or a higher limit where the need is real",
			"journalctl -k | grep -i 'killed process'", "systemctl set-property APP MemoryMax=SIZE", "docker update --memory SIZE --memory-swap SIZE CONTAINER"))
	},
})

// killedContainer judges by containers and services of which a command said that they were killed.
func (in *inquiry) killedContainer() *opinion {
	for _, c := range in.told().Containers {
		if c.OOMKilled || strings.Contains(c.State, "(137)") || strings.HasSuffix(c.State, " 137") {
			return &opinion{certainty: Likely, weight: 5, check: "docker inspect -f '{{.State.OOMKilled}}'; dmesg", evidence: []Fact{
				fact(fromProcess, "container %s: %s, killed for memory: %v", c.Name, c.State, c.OOMKilled)}}
		}
	}
	for _, u := range in.told().Units {
		if u.Result == "oom-kill" {
			return &opinion{certainty: Likely, weight: 5, check: "journalctl -k | grep -i oom", evidence: []Fact{
				fact(fromProcess, "the service %s ended: %s", u.Name, u.Result)}}
		}
	}
	return nil
}

// killedByMaster tells whether gunicorn's guess of a want of memory has another reason: its master sends
// SIGKILL itself to a worker that met --timeout and did not end by SIGABRT (Arbiter.murder_workers).
func (in *inquiry) killedByMaster() bool {
	kills, timeouts := in.seen["worker-killed-oom"], in.seen["worker-timeout"]
	return kills != nil && kills.words[0] == "was sent SIGKILL" && timeouts != nil && timeouts.count >= kills.count
}

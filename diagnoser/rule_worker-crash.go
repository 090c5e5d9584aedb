package diagnoser

var _ = register(rule{
	cause: "worker-crash",
	doc: Doc{
		What:    "A worker of the backend dies on a signal in the middle of a request: a fault in an extension or in the runtime. The connection ends without an answer.",
		Confirm: "The backend's log and dmesg at that second: exited on signal 11, segfault at. The same request does it again.",
		Mends:   "Update or remove the extension that the core dump's stack names; opcode caches and profilers first.",
		Hides:   "A restart, or a supervisor that restarts: the next such request dies too.",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !g.died() {
			return nil
		}
		return in.hinted("worker-crash", "dmesg; the backend's log: exited on signal")
	},
})

package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = register(rule{
	cause: "worker-crash-segfault",
	doc: Doc{
		What:    "A worker of the backend dies of a segmentation fault (signal 11) in the middle of a request: a fault in an extension or in the runtime itself.",
		Confirm: "The backend's log and dmesg at that second: exited on signal 11, segfault at. coredumpctl shows the stack.",
		Mends:   "Update or remove the extension that the stack names; opcode caches, JIT and profilers first.",
		Hides:   "A restart, or a supervisor that restarts: the next such request dies too.",
		Source:  "signal(7); php-fpm fpm_children_bury, fpm_children.c",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !g.died() && !g.is(evidence.Connecting, evidence.Refused) {
			return nil
		}
		return in.repeats(g, in.hinted("worker-crash-segfault", "dmesg; the backend's log: signal 11")).mends(
			change(g, "", "", "update or remove the extension that the stack of the crash names", "coredumpctl info", "php -m # extensions that are loaded"),
			brought(g))
	},
})

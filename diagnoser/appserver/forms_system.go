package appserver

import (
	"regexp"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

func said(server, what, words, line string) form {
	return form{server, what, words, regexp.MustCompile(line)}
}

// systemForms are what the kernel (mm/oom_kill.c, arch/x86/mm/fault.c, net/ipv4/tcp_input.c,
// net/netfilter) and systemd (src/core/unit.c, service.c) write.
var systemForms = []form{
	said("kernel", evidence.OutOfMemory, "ut of memory: Kill", `(?:Memory cgroup out|Out) of memory: Kill(?:ed)? process (?P<pid>\d+) \((?P<name>[^)]*)\)`),
	said("kernel", evidence.OutOfMemory, "oom-kill:", `oom-kill:constraint=.*task=(?P<name>[^,]*),pid=(?P<pid>\d+)`),
	said("kernel", evidence.WorkerCrashed, "segfault at ", `(?P<name>[^\s\[]+)\[(?P<pid>\d+)\]: segfault at [0-9a-f]+ ip `),
	said("kernel", evidence.WorkerCrashed, "traps: ", `traps: (?P<name>[^\s\[]+)\[(?P<pid>\d+)\] (?:trap|general protection)`),
	said("kernel", evidence.QueueFull, "Possible SYN flooding", `TCP: .*Possible SYN flooding on port `),
	said("kernel", evidence.PacketsDropped, "conntrack: table full", `nf_conntrack: (?:nf_conntrack: )?table full, dropping packet`),
	said("systemd", evidence.OutOfMemory, "Failed with result 'oom-kill'", `(?P<name>\S+\.(?:service|scope)): Failed with result 'oom-kill'`),
	said("systemd", evidence.OutOfMemory, "killed by the OOM killer", `(?P<name>\S+\.(?:service|scope)): A process of this unit has been killed by the OOM killer`),
	said("systemd", evidence.StartFailed, "Start request repeated too quickly", `(?P<name>\S+\.service): Start request repeated too quickly`),
	said("systemd", "", "Main process exited, code=killed", `(?P<name>\S+\.service): Main process exited, code=(?:killed|dumped), status=(?P<signal>\d+)/`),
	said("systemd", "", "Main process exited, code=dumped", `(?P<name>\S+\.service): Main process exited, code=dumped, status=(?P<signal>\d+)/`),
	said("systemd", evidence.WorkerExited, "Main process exited, code=exited", `(?P<name>\S+\.service): Main process exited, code=exited, status=\d+`),
}

// nodeForms are what Node.js writes when it ends (src/node_errors.cc, lib/internal/process/promises.js).
var nodeForms = []form{
	said("node", evidence.OutOfMemory, "heap out of memory", `FATAL ERROR: .*JavaScript heap out of memory`),
	said("node", evidence.StartFailed, "listen EADDRINUSE", `Error: listen EADDRINUSE: address already in use (?P<name>\S+)`),
	said("node", evidence.Unhandled, "Node.js v", `^Node\.js v\d+\.\d+\.\d+\s*$`), // the last line behind the stack of an exception
	said("node", evidence.Unhandled, "triggerUncaughtException", `^\s*triggerUncaughtException\(`),
	said("node", evidence.Unhandled, "nhandledPromiseRejection", `^(?:\(node:(?P<pid>\d+)\) |\[)UnhandledPromiseRejection`),
	said("node", evidence.Unhandled, "ncaught", `^Uncaught (?:exception|Exception|\w*Error)`),
}

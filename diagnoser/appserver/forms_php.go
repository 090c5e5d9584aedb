package appserver

import (
	"regexp"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

func fpm(what, words, rest string) form {
	return form{"php-fpm", what, words, regexp.MustCompile(fpmHead + rest)}
}

// fpmForms are what php-fpm's master and, with catch_workers_output, its workers write
// (sapi/fpm/fpm/fpm_process_ctl.c, fpm_children.c, fpm_request.c, main/fastcgi.c).
var fpmForms = []form{
	fpm(evidence.PoolExhausted, "max_children setting (", `server reached (?:pm\.)?max_children setting`),
	fpm(evidence.PoolExhausted, "maximum number of processes has been reached", `The maximum number of processes`),
	fpm(evidence.PoolBusy, "seems busy (", `seems busy`),
	fpm(evidence.WorkerTimeout, "execution timed out (", `child (?P<pid>\d+), script .*execution timed out \([\d.]+ sec\), terminating`),
	fpm(evidence.SlowRequest, "executing too slow (", `child (?P<pid>\d+), script .*executing too slow \([\d.]+ sec\)`),
	fpm("", "exited on signal ", `child (?P<pid>\d+) exited on signal (?P<signal>\d+)`),
	fpm(evidence.WorkerExited, "exited with code ", `child (?P<pid>\d+) exited with code \d+`),
	fpm(evidence.Reloading, "failed processes threshold (", `failed processes threshold`),
	fpm(evidence.Reloading, "Reloading in progress", `Reloading in progress`),
	fpm(evidence.Stopped, "exiting, bye-bye!", `exiting, bye-bye!`),
	fpm(evidence.Stopped, "Terminating ...", `Terminating \.\.\.`),
	fpm(evidence.Stopped, "Finishing ...", `Finishing \.\.\.`),
	fpm(evidence.Started, "fpm is running, pid ", `fpm is running, pid (?P<pid>\d+)`),
	fpm(evidence.Started, "ready to handle connections", `ready to handle connections`),
	fpm(evidence.StartFailed, "unable to bind listening socket", `unable to bind listening socket`),
	fpm(evidence.StartFailed, "Another FPM instance", `Another FPM instance seems to already listen`),
	fpm(evidence.StartFailed, "FPM initialization failed", `FPM initialization failed`),
	fpm(evidence.StartFailed, "cannot get ", `cannot get [ug]id for `),
	fpm(evidence.SocketOwner, "ACL set, listen.", `ACL set, listen\.`),
	fpm(evidence.SocketOwner, "chown() the socket", `failed to chown\(\) the socket`),
	fpm(evidence.ClientDenied, "Connection disallowed: IP address", `child (?P<pid>\d+) said into std(?:err|out): "(?:ERROR: )?Connection disallowed: IP address`),
	fpm(evidence.OutOfMemory, "said into stderr", `child (?P<pid>\d+) said into stderr: "(?:Out of memory"|mmap\(\) failed: \[12\])`),
	// A worker's own stderr, without catch_workers_output.
	{"php-fpm", evidence.ClientDenied, "Connection disallowed: IP address", regexp.MustCompile(`^(?:ERROR: )?Connection disallowed: IP address '[^']*' has been dropped`)},
	// The slow log: one head per request, then its stack.
	{"php-fpm", evidence.SlowRequest, "[pool ", regexp.MustCompile(`\[\d\d-\w{3}-\d{4} \d\d:\d\d:\d\d\]  \[pool (?P<name>[^\]]+)\] pid (?P<pid>\d+)$`)},
}

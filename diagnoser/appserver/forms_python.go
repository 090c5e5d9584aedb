package appserver

import (
	"regexp"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

func gunicorn(what, words, rest string) form {
	return form{"gunicorn", what, words, regexp.MustCompile(gunicornHead + rest)}
}

// gunicornForms are what gunicorn's arbiter and workers write (gunicorn/arbiter.py).
var gunicornForms = []form{
	gunicorn(evidence.WorkerTimeout, "WORKER TIMEOUT (pid", `WORKER TIMEOUT \(pid:\s*(?P<pid>\d+)\)`),
	// It asks only because nothing else is known to send this signal.
	gunicorn(evidence.WorkerKilled, "was sent SIGKILL!", `Worker \(pid:\s*(?P<pid>\d+)\) was sent SIGKILL!`),
	gunicorn(evidence.WorkerCrashed, "was sent SIG", `Worker \(pid:\s*(?P<pid>\d+)\) was sent SIG(?:SEGV|ABRT|BUS|ILL|FPE|SYS)!`),
	gunicorn(evidence.WorkerExited, "was sent SIG", `Worker \(pid:\s*(?P<pid>\d+)\) was sent SIG\w+!`),
	gunicorn("", "was terminated due to signal", `Worker with pid (?P<pid>\d+) was terminated due to signal (?P<signal>\d+)`),
	gunicorn(evidence.WorkerExited, "exited with code", `Worker \(pid:\s*(?P<pid>\d+)\) exited with code \d+`),
	gunicorn(evidence.WorkerExited, "Worker exiting (pid", `Worker exiting \(pid:\s*(?P<pid>\d+)\)`),
	gunicorn(evidence.WorkerExited, "Autorestarting worker after current request", `Autorestarting worker after current request`),
	gunicorn(evidence.StartFailed, "Connection in use", `Connection in use: `),
	gunicorn(evidence.StartFailed, "Worker failed to boot", `(?:Reason: )?Worker failed to boot`),
	gunicorn(evidence.StartFailed, "Exception in worker process", `Exception in worker process`),
	gunicorn(evidence.Started, "Listening at: ", `Listening at: (?P<name>\S+)`),
	gunicorn(evidence.Started, "Booting worker with pid", `Booting worker with pid: (?P<pid>\d+)`),
	gunicorn(evidence.Reloading, "Handling signal: hup", `Handling signal: hup`),
	gunicorn(evidence.Stopped, "Shutting down: ", `Shutting down: `),
	gunicorn(evidence.Stopped, "Handling signal: ", `Handling signal: (?:term|int|quit)`),
	{"gunicorn", evidence.StartFailed, "Worker failed to boot", regexp.MustCompile(`^(?:gunicorn\.errors\.)?HaltServer: <HaltServer 'Worker failed to boot`)},
}

func uwsgi(what, words, line string) form {
	return form{"uwsgi", what, words, regexp.MustCompile(line)}
}

// uwsgiForms are what uWSGI's master and workers write (core/master.c, core/master_checks.c,
// core/uwsgi.c, proto/uwsgi.c).
var uwsgiForms = []form{
	uwsgi(evidence.WorkerTimeout, "HARAKIRI", `\*\*\* HARAKIRI ON WORKER \d+ \(pid: (?P<pid>\d+)`),
	uwsgi(evidence.WorkerTimeout, "HARAKIRI", `\bHARAKIRI\b`),
	uwsgi("", "DAMN ! worker ", `DAMN ! worker \d+ \(pid: (?P<pid>\d+)\) died, killed by signal (?P<signal>\d+)`),
	uwsgi(evidence.WorkerExited, "DAMN ! worker ", `DAMN ! worker \d+ \(pid: (?P<pid>\d+)\) died`),
	uwsgi(evidence.QueueFull, "listen queue of socket", `\*\*\* uWSGI listen queue of socket "(?P<name>[^"]*)" .*full`),
	uwsgi(evidence.RequestRefused, "invalid request block size: ", `invalid request block size: \d+ \(max \d+\)`),
	uwsgi(evidence.StartFailed, "worker respawning too fast", `worker respawning too fast`),
	uwsgi(evidence.StartFailed, "no app loaded", `\*\*\* no app loaded\.|no python application found`),
	uwsgi(evidence.Started, "spawned uWSGI ", `spawned uWSGI (?:worker \d+|master process) \(pid: (?P<pid>\d+)`),
	uwsgi(evidence.Started, "Respawned uWSGI worker", `Respawned uWSGI worker \d+ \(new pid: (?P<pid>\d+)\)`),
	uwsgi(evidence.PoolExhausted, "no more workers", `uWSGI.*no more workers|no more workers available`),
	uwsgi(evidence.Stopped, "goodbye to uWSGI", `goodbye to uWSGI`),
}

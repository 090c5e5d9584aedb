package appserver

import (
	"testing"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

func TestParse(t *testing.T) {
	const fpm, gunicorn = "[14-Mar-2026 09:15:02] ", "[2026-03-14 10:15:02 +0100] [7] "
	for _, c := range []struct {
		line, server, what string
		pid, signal        int
		name               string
	}{
		{fpm + "WARNING: [pool www] server reached pm.max_children setting (5), consider raising it", "php-fpm", evidence.PoolExhausted, 0, 0, "www"},
		{fpm + "WARNING: [pool www] server reached max_children setting (5), consider raising it", "php-fpm", evidence.PoolExhausted, 0, 0, "www"},
		{"web-1  | " + fpm + "WARNING: [pool www] seems busy (you may need to increase pm.start_servers), spawning 8 children", "php-fpm", evidence.PoolBusy, 0, 0, "www"},
		{fpm + "WARNING: [pool www] child 14 exited on signal 11 (SIGSEGV - core dumped) after 1.4 seconds from start", "php-fpm", evidence.WorkerCrashed, 14, 11, "www"},
		{fpm + "WARNING: [pool www] child 14 exited on signal 9 (SIGKILL) after 1.4 seconds from start", "php-fpm", evidence.WorkerKilled, 14, 9, "www"},
		{fpm + "WARNING: [pool www] child 14 exited on signal 15 (SIGTERM) after 1.4 seconds from start", "php-fpm", evidence.WorkerExited, 14, 15, "www"},
		{fpm + `WARNING: [pool www] child 14, script '/s.php' (request: "GET /s.php?a=b") execution timed out (2.01 sec), terminating`, "php-fpm", evidence.WorkerTimeout, 14, 0, "www"},
		{fpm + `WARNING: [pool www] child 14, script '/s.php' (request: "GET /s.php") executing too slow (1.01 sec), logging`, "php-fpm", evidence.SlowRequest, 14, 0, "www"},
		{fpm + " [pool www] pid 14", "php-fpm", evidence.SlowRequest, 14, 0, "www"},
		{fpm + `WARNING: [pool www] child 14 said into stderr: "ERROR: Connection disallowed: IP address '192.0.2.7' has been dropped."`, "php-fpm", evidence.ClientDenied, 14, 0, "www"},
		{"Connection disallowed: IP address '192.0.2.7' has been dropped.", "php-fpm", evidence.ClientDenied, 0, 0, ""},
		{fpm + "NOTICE: fpm is running, pid 13", "php-fpm", evidence.Started, 13, 0, ""},
		{fpm + "NOTICE: exiting, bye-bye!", "php-fpm", evidence.Stopped, 0, 0, ""},
		{fpm + "ERROR: unable to bind listening socket for address '127.0.0.1:9000': Address already in use (98)", "php-fpm", evidence.StartFailed, 0, 0, ""},
		{gunicorn + "[CRITICAL] WORKER TIMEOUT (pid:124)", "gunicorn", evidence.WorkerTimeout, 124, 0, ""},
		{gunicorn + "[ERROR] Worker (pid:124) was sent SIGKILL! Perhaps out of memory?", "gunicorn", evidence.WorkerKilled, 124, 0, ""},
		{gunicorn + "[ERROR] Worker (pid:124) was sent SIGSEGV!", "gunicorn", evidence.WorkerCrashed, 124, 0, ""},
		{gunicorn + "[WARNING] Worker with pid 124 was terminated due to signal 9", "gunicorn", evidence.WorkerKilled, 124, 9, ""},
		{gunicorn + "[INFO] Listening at: http://127.0.0.1:8000 (7)", "gunicorn", evidence.Started, 0, 0, "http://127.0.0.1:8000"},
		{gunicorn + "[INFO] Booting worker with pid: 125", "gunicorn", evidence.Started, 125, 0, ""},
		{gunicorn + "[INFO] Worker exiting (pid: 124)", "gunicorn", evidence.WorkerExited, 124, 0, ""},
		{gunicorn + "[ERROR] Connection in use: ('127.0.0.1', 8000)", "gunicorn", evidence.StartFailed, 0, 0, ""},
		{"Sat Mar 14 09:15:02 2026 - *** HARAKIRI ON WORKER 1 (pid: 21, try: 1) ***", "uwsgi", evidence.WorkerTimeout, 21, 0, ""},
		{"DAMN ! worker 1 (pid: 21) died, killed by signal 9 :( trying respawn ...", "uwsgi", evidence.WorkerKilled, 21, 9, ""},
		{"Respawned uWSGI worker 1 (new pid: 22)", "uwsgi", evidence.Started, 22, 0, ""},
		{`Sat Mar 14 09:15:02 2026 - *** uWSGI listen queue of socket "127.0.0.1:3031" (fd: 3) full !!! (101/100) ***`, "uwsgi", evidence.QueueFull, 0, 0, "127.0.0.1:3031"},
		{"invalid request block size: 21573 (max 4096)...skip", "uwsgi", evidence.RequestRefused, 0, 0, ""},
		{"[12.3] Out of memory: Killed process 99 (php-fpm8.2) total-vm:1kB", "kernel", evidence.OutOfMemory, 99, 0, "php-fpm8.2"},
		{"Mar 14 09:15:02 h kernel: Memory cgroup out of memory: Killed process 99 (node) total-vm:1kB", "kernel", evidence.OutOfMemory, 99, 0, "node"},
		{"[12.3] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),task=gunicorn,pid=99,uid=33", "kernel", evidence.OutOfMemory, 99, 0, "gunicorn"},
		{"[12.3] php-fpm[99]: segfault at 0 ip 00007f00 sp 00007f01 error 4 in libc.so.6", "kernel", evidence.WorkerCrashed, 99, 0, "php-fpm"},
		{"Mar 14 09:15:02 h systemd[1]: app.service: Failed with result 'oom-kill'.", "systemd", evidence.OutOfMemory, 0, 0, "app.service"},
		{"Mar 14 09:15:02 h systemd[1]: app.service: Start request repeated too quickly.", "systemd", evidence.StartFailed, 0, 0, "app.service"},
		{"Mar 14 09:15:02 h systemd[1]: app.service: Main process exited, code=killed, status=9/KILL", "systemd", evidence.WorkerKilled, 0, 9, "app.service"},
		{"FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", "node", evidence.OutOfMemory, 0, 0, ""},
		{"Error: listen EADDRINUSE: address already in use :::3000", "node", evidence.StartFailed, 0, 0, ":::3000"},
		{"Node.js v20.19.2", "node", evidence.Unhandled, 0, 0, ""},
		{"[UnhandledPromiseRejection: This error originated", "node", evidence.Unhandled, 0, 0, ""},
	} {
		e, ok := Parse([]byte(c.line + "\n"))
		if !ok || e.Server != c.server || e.What != c.what || e.PID != c.pid || e.Signal != c.signal || e.Name != c.name {
			t.Errorf("%s: got %+v, %v", c.line, e, ok)
		}
	}
}

// What a client or an application wrote into a line is not what the server says.
func TestParseNothing(t *testing.T) {
	for _, line := range []string{
		"", "192.0.2.7 - - [14/Mar/2026:09:15:02 +0000] \"GET /?WORKER TIMEOUT (pid:1) HTTP/1.1\" 200 1",
		`[14-Mar-2026 09:15:02] WARNING: [pool www] child 14 said into stderr: "[pool www] child 1 exited on signal 9 (SIGKILL)"`,
		"the application says: child 14 exited on signal 11 (SIGSEGV)",
		"WORKER TIMEOUT (pid:124)", "[14-Mar-2026 09:15:02] NOTICE: [pool www] child 15 started",
	} {
		if e, ok := Parse([]byte(line)); ok {
			t.Errorf("%s: got %+v, want nothing", line, e)
		}
	}
}

func TestParseTime(t *testing.T) {
	want := time.Date(2026, 3, 14, 9, 15, 2, 0, time.UTC)
	for _, line := range []string{
		"[14-Mar-2026 09:15:02] NOTICE: exiting, bye-bye!",
		"[2026-03-14 10:15:02 +0100] [7] [CRITICAL] WORKER TIMEOUT (pid:124)",
		"Sat Mar 14 09:15:02 2026 - *** HARAKIRI ON WORKER 1 (pid: 21, try: 1) ***",
		"2026-03-14T10:15:02+01:00 h kernel: Out of memory: Killed process 99 (node) total-vm:1kB",
	} {
		if e, _ := Parse([]byte(line)); !e.Time.Equal(want) {
			t.Errorf("%s: got %v, want %v", line, e.Time, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("[14-Mar-2026 09:15:02] WARNING: [pool www] child 14 exited on signal 11 (SIGSEGV) after 1 seconds"))
	f.Add([]byte("[12.3] oom-kill:constraint=X,task=a,pid=99"))
	f.Fuzz(func(t *testing.T, line []byte) {
		e, ok := Parse(line)
		if ok && (e.Server == "" || e.What == "" || len(e.Text) > lineMax) {
			t.Errorf("got %+v", e)
		}
	})
}

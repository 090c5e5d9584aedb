package live

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// machine is a host whose files are all below one folder.
func machine(t *testing.T, files map[string]string) spot {
	dir := place(t, files)
	return spot{root: filepath.Join(dir, "root"), proc: filepath.Join(dir, "proc"), sys: filepath.Join(dir, "sys"), master: 7}
}

func gather(t *testing.T, source string, p spot) (text string, unread []string) {
	t.Helper()
	for _, log := range sources[source](t.Context(), p, func(what string, err error, needs string) {
		if !errors.Is(err, fs.ErrNotExist) {
			unread = append(unread, what+" "+needs)
		}
	}) {
		text += "== " + log.Name + "\n" + log.Text
	}
	return text, unread
}

func TestSourcesPrintAsCommandsDo(t *testing.T) {
	p := machine(t, map[string]string{
		"sys/fs/selinux/enforce":                               "1",
		"sys/fs/selinux/booleans/httpd_can_network_connect":    "0 0",
		"sys/fs/selinux/booleans/httpd_can_network_relay":      "1 1",
		"sys/fs/cgroup/system.slice/app.service/memory.events": "low 0\noom 3\noom_kill 2\n",
		"root/var/log/audit/audit.log":                         "type=LOGIN msg=1\ntype=AVC msg=audit(1:2): avc:  denied  { name_connect } for  pid=7 comm=\"nginx\" dest=8000 tclass=tcp_socket permissive=0\n",
		"root/etc/php/8.2/fpm/pool.d/www.conf":                 "[www]\nlisten = /run/php.sock\n",
		"proc/8/limits":                                        "Limit  Soft  Hard\nMax open files            1024                 4096                 files\n",
		"proc/8/cgroup":                                        "0::/system.slice/app.service\n",
		"proc/sys/net/core/somaxconn":                          "128\n",
	})
	p.processes = []evidence.Process{{PID: 8, PPID: 7, Command: "nginx: worker process"}, {PID: 9, Command: "/usr/bin/gunicorn --bind 127.0.0.1:8000 app"}}
	for source, want := range map[string]string{
		"selinux":  "== getenforce\n$ getenforce\nEnforcing\n== getsebool -a\n$ getsebool -a\nhttpd_can_network_connect --> off\nhttpd_can_network_relay --> on\n",
		"cgroup":   "== memory.events\noom-kill: the kernel ended 2 processes of /system.slice/app.service at its memory limit (" + p.sys + "/fs/cgroup/system.slice/app.service/memory.events)\n",
		"audit":    "== /var/log/audit/audit.log\ntype=AVC msg=audit(1:2): avc:  denied  { name_connect } for  pid=7 comm=\"nginx\" dest=8000 tclass=tcp_socket permissive=0\n",
		"php-fpm":  "== /etc/php/8.2/fpm/pool.d/www.conf\n[www]\nlisten = /run/php.sock\n",
		"limits":   "== " + p.proc + "/8/limits\nMax open files            1024                 4096                 files\n",
		"commands": "== command lines of processes\n/usr/bin/gunicorn --bind 127.0.0.1:8000 app\n",
		"sysctl":   "== sysctl\nnet.core.somaxconn = 128\n",
	} {
		if got, unread := gather(t, source, p); got != want || len(unread) > 0 {
			t.Errorf("%s: got\n%swith %q unread, want\n%s", source, got, unread, want)
		}
	}
}

// TestTextsAreUnderstood: what the sources print is what the diagnosis reads.
func TestTextsAreUnderstood(t *testing.T) {
	p := machine(t, map[string]string{"sys/fs/selinux/enforce": "1", "sys/fs/selinux/booleans/httpd_can_network_connect": "0 0"})
	ev := evidence.Evidence{Host: &evidence.Host{}, Logs: []evidence.Log{{Name: "error.log", Text: record("http://127.0.0.1:8000/a", "connect() to 127.0.0.1:8000 failed (13: Permission denied)")}}}
	ev.Texts = sources["selinux"](t.Context(), p, func(string, error, string) {})
	report, err := diagnoser.Diagnose(t.Context(), ev)
	if err != nil {
		t.Fatal(err)
	}
	f := report.Findings[0]
	if f.Cause != "selinux-denial" || !slices.ContainsFunc(f.Evidence, func(e diagnoser.Fact) bool { return strings.Contains(e.Text, "httpd_can_network_connect") }) {
		t.Errorf("got %s with %+v, want what SELinux's boolean says", f.Cause, f.Evidence)
	}
}

func TestAbsentSourcesAreSilent(t *testing.T) {
	p := machine(t, map[string]string{"root/x": ""})
	for name := range sources {
		if name == "kernel-log" || name == "units" {
			continue // those are the machine's own
		}
		if got, unread := gather(t, name, p); got != "" || len(unread) > 0 {
			t.Errorf("%s: got %q and %q unread", name, got, unread)
		}
	}
}

func TestTextsSayWhichRightIsMissing(t *testing.T) {
	sources["denied"] = func(_ context.Context, _ spot, unread func(string, error, string)) []evidence.Log {
		unread("the door", &fs.PathError{Op: "open", Path: "/door", Err: os.ErrPermission}, "root")
		unread("the window", errors.New("jammed"), "root")
		return nil
	}
	defer delete(sources, "denied")
	_, unread := Texts(t.Context(), TextOptions{Sources: []string{"denied"}})
	want := []evidence.Unread{{Source: "the door", Why: "open /door: permission denied", Needs: "root"}, {Source: "the window", Why: "jammed"}}
	if !slices.Equal(unread, want) {
		t.Errorf("got %+v, want %+v", unread, want)
	}
}

func TestKernelLines(t *testing.T) {
	day := 100 * time.Hour
	for record, want := range map[string]string{
		fmt.Sprintf("6,1,%d,-;nf_conntrack: table full, dropping packet\n SUBSYSTEM=net\n", (day - time.Hour).Microseconds()): "[356400.000000] nf_conntrack: table full, dropping packet",
		"6,1,5000000,-;long ago\n": "",
		"no record":                "",
	} {
		if got := kernelLine(record, day); got != want {
			t.Errorf("%q: got %q, want %q", record, got, want)
		}
	}
}

func TestFoundLogs(t *testing.T) {
	root := place(t, map[string]string{"var/log/nginx/error.log": "", "srv/real.log": ""})
	for link, to := range map[string]string{"var/log/nginx/stream.log": "/dev/stderr", "var/log/nginx/linked.log": "/srv/real.log"} {
		if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	f := Found{Prefix: "/etc/nginx", Log: "/var/log/nginx/error.log"}
	for _, c := range []struct {
		config   string
		paths    []string
		streamed bool
	}{
		{"events {}", []string{"/var/log/nginx/error.log"}, false},
		{"error_log /var/log/nginx/linked.log warn; events {}", []string{"/srv/real.log"}, false},
		{"error_log logs/e.log; error_log /dev/null; events {}", []string{"/etc/nginx/logs/e.log"}, false},
		{"error_log stderr; events {}", nil, true},
		{"error_log syslog:server=unix:/dev/log; events {}", nil, true},
		{"error_log /var/log/nginx/stream.log; events {}", nil, true},
	} {
		paths, streamed := f.Logs(root, []evidence.File{{Path: "/etc/nginx/nginx.conf", Text: c.config}})
		for i := range paths {
			paths[i] = strings.TrimPrefix(paths[i], root)
		}
		if !slices.Equal(paths, c.paths) || streamed != c.streamed {
			t.Errorf("%s: got %v, %t, want %v, %t", c.config, paths, streamed, c.paths, c.streamed)
		}
	}
}

func TestFindReadsHowTheMasterWasStarted(t *testing.T) {
	root := place(t, map[string]string{"opt/site.conf": "events {}"})
	proc := place(t, map[string]string{"31/cmdline": "nginx: master process nginx -p /opt -c site.conf\x00"})
	if err := os.Symlink(root, filepath.Join(proc, "31", "root")); err != nil {
		t.Fatal(err)
	}
	f, err := Find(t.Context(), root, proc)
	if err != nil || f.Master != 31 || f.Config != "/opt/site.conf" {
		t.Errorf("got %+v (%v), want what the title says", f, err)
	}
	if f, err := Find(t.Context(), t.TempDir(), proc); err == nil || f.Master != 0 {
		t.Errorf("got %+v (%v), want that none runs in another root", f, err)
	}
}

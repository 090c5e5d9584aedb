package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const (
	tooBig = `2026/03/14 09:15:02 [error] 31#31: *7 upstream sent too big header while reading response header from upstream, client: 192.0.2.7, ` +
		`server: shop.example.com, request: "GET / HTTP/1.1", upstream: "http://127.0.0.1:8001/", host: "shop.example.com"` + "\n"
	// fakeNginx writes down how it was called and fails at the step that a file names. At the first reload it can log a line, or tell that it runs.
	fakeNginx = `#!/bin/sh
dir=$(dirname "$0")
echo "$1 $(grep -c proxy_buffer_size "$dir/nginx.conf")" >> "$dir/calls"
case $1 in -t) [ ! -e "$dir/fail-test" ] || { echo 'nginx: [emerg] unknown directive "x" in nginx.conf:3' >&2; exit 1; } ;;
-s) [ ! -e "$dir/fail-reload" ] || { rm "$dir/fail-reload"; echo 'nginx: [error] invalid PID number "" in "/run/nginx.pid"' >&2; exit 1; }
    [ ! -e "$dir/grown" ] || { cat "$dir/grown" >> "$dir/error.log"; rm "$dir/grown"; }
    [ ! -e "$dir/fifo" ] || [ -e "$dir/told" ] || { touch "$dir/told"; echo reloaded > "$dir/fifo"; } ;;
esac
`
)

func applySite(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "nginx.conf", good)
	write(t, dir, "error.log", tooBig)
	write(t, dir, "nginx", fakeNginx)
	if err := os.Chmod(filepath.Join(dir, "nginx"), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var applying = []string{"diagnose", "error.log", "--config", "nginx.conf", "--apply", "--nginx", "./nginx", "--watch", "100ms"}

func TestApplyMendsOnce(t *testing.T) {
	dir := applySite(t)
	status, _, said := command(t, dir, "", applying...)
	if status != 0 {
		t.Fatalf("status %d:\n%s", status, said)
	}
	if got := read(t, dir, "calls"); got != "-t 1\n-s 1\n" {
		t.Errorf("called\n%s", got)
	}
	mended := read(t, dir, "nginx.conf")
	if !strings.Contains(mended, "proxy_buffer_size 16k") {
		t.Errorf("got\n%s", mended)
	}
	status, _, said = command(t, dir, "", applying...)
	if status != 0 || !strings.Contains(said, "applied before") || read(t, dir, "nginx.conf") != mended || read(t, dir, "calls") != "-t 1\n-s 1\n" {
		t.Errorf("a second time: status %d:\n%s\n%s", status, said, read(t, dir, "calls"))
	}
}

func TestApplyRollsBack(t *testing.T) {
	for _, c := range []struct{ file, says, calls string }{
		{"fail-test", `unknown directive "x"`, "-t 1\n"},
		{"fail-reload", "invalid PID number", "-t 1\n-s 1\n-s 0\n"},
		{"grown", "the log shows it again", "-t 1\n-s 1\n-s 0\n"},
	} {
		dir := applySite(t)
		write(t, dir, c.file, tooBig)
		status, _, said := command(t, dir, "", applying...)
		if status != exitFindings || !strings.Contains(said, c.says) || !strings.Contains(said, "badgateway: rolled back") {
			t.Errorf("%s: status %d:\n%s", c.file, status, said)
		}
		if got := read(t, dir, "nginx.conf"); got != good {
			t.Errorf("%s: the configuration is\n%s", c.file, got)
		}
		if got := read(t, dir, "calls"); got != c.calls {
			t.Errorf("%s: called\n%s", c.file, got)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, ".*badgateway*")); len(left) > 0 {
			t.Errorf("%s: left %v", c.file, left)
		}
	}
}

func TestApplyInterruptedRollsBack(t *testing.T) {
	dir := applySite(t)
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(os.Args[0], append(applying[:len(applying)-1:len(applying)-1], "1h")...)
	c.Dir, c.Env = dir, commandEnv()
	var said strings.Builder
	c.Stderr = &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadFile(fifo); err != nil { // the reload is under way, or done
		t.Fatal(err)
	}
	c.Process.Signal(syscall.SIGINT)
	c.Wait()
	if got := c.ProcessState.ExitCode(); got != exitInterrupted || read(t, dir, "nginx.conf") != good {
		t.Errorf("status %d:\n%s", got, &said)
	}
}

func TestApplyRefuses(t *testing.T) {
	read30 := strings.ReplaceAll(strings.Replace(tooBig, "upstream sent too big header", "upstream timed out (110: Connection timed out)", 1), "31#31", "32#32")
	for name, c := range map[string]struct {
		log    string
		more   []string
		status int
		says   string
	}{
		"nothing to edit":         {refused, nil, exitFindings, "no edit of the configuration is proposed"},
		"no such finding":         {tooBig, []string{"--finding", "3"}, exitFindings, "--finding 3 is none of them"},
		"no program":              {tooBig, []string{"--nginx", "./none"}, exitEnvironment, "no such program"},
		"nothing found":           {"2026/03/14 09:15:02 [notice] 31#31: start worker processes\n", nil, 0, ""},
		"a dry run":               {tooBig, []string{"--dry-run"}, exitFindings, ""},
		"commands of its own":     {tooBig, []string{"--test-command", "true", "--reload-command", "false"}, exitFindings, "false: failed"},
		"what the log calls slow": {read30, nil, exitFindings, ""},
	} {
		dir := applySite(t)
		write(t, dir, "error.log", c.log)
		status, _, said := command(t, dir, "", append(applying[:len(applying):len(applying)], c.more...)...)
		if status != c.status || !strings.Contains(said, c.says) {
			t.Errorf("%s: status %d, want %d:\n%s", name, status, c.status, said)
		}
		if read(t, dir, "nginx.conf") != good {
			t.Errorf("%s: the configuration was changed:\n%s", name, said)
		}
	}
}

func TestApplyTellsWhatIsMissing(t *testing.T) {
	for args, want := range map[string]string{
		"error.log --apply":                              "--apply needs --config",
		"error.log --apply --config -":                   "not standard input",
		"error.log --dry-run":                            "--dry-run goes with --apply",
		"error.log --apply --config nginx.conf --follow": "not with --follow",
		"error.log --root /tmp":                          "--root goes with --live",
		"error.log --live=sokets":                        "unknown (known: all, ",
		"error.log --probe --probe-path x":               "begins with /",
	} {
		status, _, said := command(t, applySite(t), "", append([]string{"diagnose"}, strings.Fields(args)...)...)
		if status != exitUsage || !strings.Contains(said, want) || strings.Count(said, "\n") != 1 {
			t.Errorf("%s: status %d: %s", args, status, said)
		}
	}
}

func TestLiveSaysWhatItReads(t *testing.T) {
	dir := applySite(t)
	status, out, said := command(t, dir, "", "diagnose", "error.log", "--config", "nginx.conf", "--live=sockets,routes,sysctl", "--probe", "--probe-wait", "1s")
	if status != exitFindings || !strings.Contains(out, "oversized-header") {
		t.Errorf("status %d:\n%s%s", status, out, said)
	}
	if strings.Contains(said, "not asked for") || strings.Contains(fmt.Sprint(out), "not asked for") {
		t.Errorf("got\n%s%s", out, said)
	}
}

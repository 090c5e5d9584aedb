package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// asCommand makes this test binary the command itself.
const asCommand = "BADGATEWAY_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// commandEnv makes this binary the command, which with the race detector does not sleep for a
// second at its end.
func commandEnv() []string {
	return append(os.Environ(), asCommand+"=1", "GORACE="+os.Getenv("GORACE")+" atexit_sleep_ms=0")
}

// command runs badgateway as a user does.
func command(t *testing.T, dir, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	c := exec.Command(os.Args[0], args...)
	c.Dir, c.Stdin, c.Env = dir, strings.NewReader(stdin), commandEnv()
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	var exit *exec.ExitError
	if err := c.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), out.String(), errs.String()
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

const (
	refused = `2026/03/14 09:15:02 [error] 31#31: *7 connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.7, ` +
		`server: shop.example.com, request: "GET / HTTP/1.1", upstream: "http://127.0.0.1:8001/", host: "shop.example.com"` + "\n"
	bad  = "events {}\nhttp {\n    include conf.d/*.conf;\n}\n"
	site = "server {\n    listen 80;\n    location / {\n        proxy_pass 127.0.0.1:8001;\n    }\n}\n"
	good = "events {}\nhttp { server { listen 80; location / { proxy_pass http://127.0.0.1:8001; } } }\n"
)

// files writes what the cases below name.
func files(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"error.log": refused, "quiet.log": "2026/03/14 09:15:02 [notice] 31#31: start worker processes\n",
		"bad.conf": bad, "conf.d/site.conf": site, "good.conf": good, "broken.conf": "http {\n  server {\n",
		"haproxy.cfg": "defaults\n  timeout server 30s\nbackend app\n  server one 127.0.0.1:8001\n",
		"haproxy.log": `lb haproxy[31]: 192.0.2.7:4711 [14/Mar/2026:09:15:02.123] web app/one 0/0/-1/-1/3 503 217 - - SC-- 3/2/1/1/0 0/0 "GET /a HTTP/1.1"` + "\n"} {
		write(t, dir, name, text)
	}
	return dir
}

// TestDiagnoseExitStatus holds the command to the statuses that its help promises.
func TestDiagnoseExitStatus(t *testing.T) {
	dir := files(t)
	for _, c := range []struct {
		args   string
		stdin  string
		status int
		says   string // in what it prints
		errs   string // in what it prints on standard error
	}{
		{args: "error.log", status: 1, says: "502 backend-down, "},
		{args: "quiet.log", status: 0, says: "No upstream failure found."},
		{args: "-", stdin: refused, status: 1, says: "backend-down"},
		{args: "--config good.conf", status: 0, says: "No mistake found in the configuration."},
		{args: "--config bad.conf", status: 1, says: "conf.d/site.conf:4:9 proxy_pass"},
		{args: "--config -", stdin: "# configuration file /etc/nginx/nginx.conf:\nevents {}\nhttp { " + site + " }\n", status: 1, says: "at /etc/nginx/nginx.conf:5:9 proxy_pass"},
		{args: "quiet.log --config bad.conf", status: 0, says: "No upstream failure found."},
		{args: "quiet.log --config bad.conf --checks", status: 1, says: "error: pass-without-scheme, proved"},
		{args: "haproxy.log --config haproxy.cfg", status: 1, says: "haproxy.cfg:4:3 server"},
		{args: "--config broken.conf", status: 1, says: "config-error", errs: "unexpected end of file"},
		{args: "--config haproxy.cfg", status: 2, errs: "give its log too"},
		{args: "", status: 2, errs: "want an error log"},
		{args: "missing.log", status: 2, errs: "missing.log: no such file or directory"},
		{args: "--config missing.conf", status: 2, errs: "missing.conf: no such file or directory"},
		{args: "--config conf.d", status: 2, errs: "is a directory"},
		{args: "error.log --format html", status: 2, errs: "(known: json, markdown, sarif, text)"},
		{args: "error.log --proxy squid", status: 2, errs: `unknown proxy "squid"`},
		{args: "- --config -", status: 2, errs: "not both"},
		{args: "error.log --nonsense", status: 2, errs: "unknown flag"},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			status, out, errs := command(t, dir, c.stdin, append([]string{"diagnose"}, strings.Fields(c.args)...)...)
			if status != c.status || !strings.Contains(out, c.says) || !strings.Contains(errs, c.errs) {
				t.Errorf("diagnose %s: got status %d\n%s%s\nwant %d, %q and %q", c.args, status, out, errs, c.status, c.says, c.errs)
			}
		})
	}
}

func TestDiagnoseFormats(t *testing.T) {
	dir := files(t)
	for _, format := range []string{"json", "sarif"} {
		_, out, _ := command(t, dir, "", "diagnose", "--config", "bad.conf", "--format", format)
		var v map[string]any
		if err := json.Unmarshal([]byte(out), &v); err != nil {
			t.Errorf("%s: %v of\n%s", format, err, out)
		}
		if format == "sarif" && !strings.Contains(out, `"uri": "conf.d/site.conf"`) {
			t.Errorf("got\n%s\nwant the file by its path from here", out)
		}
	}
	write(t, dir, "anna.example.org/site.conf", good[:len(good)-2]+site+"}\n")
	_, out, _ := command(t, filepath.Join(dir, "anna.example.org"), "", "diagnose", "--config", "site.conf", "--format", "sarif", "--redact")
	if strings.Contains(out, "anna.example") || !strings.Contains(out, "pass-without-scheme") {
		t.Errorf("got\n%s", out)
	}
	_, out, _ = command(t, dir, "", "diagnose", "error.log", "--format", "markdown", "--redact")
	if !strings.HasPrefix(out, "# Diagnosis\n") || strings.Contains(out, "shop.example") || !strings.Contains(out, "backend-down") {
		t.Errorf("got\n%s", out)
	}
}

func TestExplainKnowsChecks(t *testing.T) {
	status, out, _ := command(t, t.TempDir(), "", "explain", "buffer-relations")
	if status != 0 || !strings.Contains(out, "ngx_http_proxy_merge_loc_conf") {
		t.Errorf("got status %d\n%s", status, out)
	}
	if _, out, _ := command(t, t.TempDir(), "", "explain"); !strings.Contains(out, "buffer-relations") {
		t.Error("the list lacks the checks")
	}
}

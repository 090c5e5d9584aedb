package live

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/host/sandbox"
)

// place writes files below a new root, which stands for the proxy's file system.
func place(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		full := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(full), 0o755), os.WriteFile(full, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func record(upstream, failure string) string {
	return fmt.Sprintf("2025/01/02 03:04:05 [error] 7#7: *1 %s while connecting to upstream, client: 127.0.0.1, server: app.example.com, "+
		"request: \"GET /a HTTP/1.1\", upstream: \"%s\", host: \"app.example.com\"\n", failure, upstream)
}

// freePort is one that nothing listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestCollectAsksWhatTheLogMakesWorthKnowing(t *testing.T) {
	sandbox.Need(t)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Method+r.RequestURI)
	}))
	defer app.Close()
	missed := freePort(t)
	old := record("http://127.0.0.1:1/a", "connect() failed (111: Connection refused)")
	root := place(t, map[string]string{
		"etc/nginx/nginx.conf":      "events {}\nhttp { include conf.d/*.conf; }\n",
		"etc/nginx/conf.d/app.conf": "server { server_name app.example.com; listen 80; location / { proxy_pass http://" + missed + "; } }\n",
		"var/log/error.log":         old + record("http://"+missed+"/a", "connect() failed (111: Connection refused)"),
	})
	opts := Options{Logs: []LogSource{{Path: "/var/log/error.log", Offset: int64(len(old))}}, Root: root, Version: "1.26.3"}
	ev, err := Collect(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	if len(ev.Probes) != 0 {
		t.Errorf("got %+v, want no probe without leave", ev.Probes)
	}
	if len(ev.Logs) != 1 || strings.Contains(ev.Logs[0].Text, "127.0.0.1:1/") || !strings.Contains(ev.Logs[0].Text, missed) {
		t.Errorf("log: got %+v, want it from its mark on", ev.Logs)
	}
	if len(ev.Host.Routes) != 1 || ev.Host.Routes[0].Destination != missed || ev.Host.Routes[0].Kind != "local" {
		t.Errorf("routes: got %+v, want the local one to %s", ev.Host.Routes, missed)
	}

	opts.Probe = true
	ev, err = Collect(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	outcomes := map[string]string{}
	for _, p := range ev.Probes {
		outcomes[p.Target.Address] = fmt.Sprint(p.Request, " ", p.Outcome, " ", p.Status, " ", p.Candidate)
	}
	if got := outcomes[missed]; got != "GET /a refused 0 false" {
		t.Errorf("configured backend: got %q; all: %v", got, outcomes)
	}
	if got := outcomes[app.Listener.Addr().String()]; got != "GET /a ok 200 true" {
		t.Errorf("other listener: got %q; all: %v", got, outcomes)
	}
}

// The observer's own listener is neither reported nor asked.
func TestCollectIgnoresTheObserver(t *testing.T) {
	sandbox.Need(t)
	own := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the observer was asked") }))
	defer own.Close()
	missed := freePort(t)
	root := place(t, map[string]string{
		"etc/nginx/nginx.conf": "events {}\nhttp { server { listen 80; location / { proxy_pass http://" + missed + "; } } }\n",
		"error.log":            record("http://"+missed+"/a", "connect() failed (111: Connection refused)"),
	})
	opts := Options{Logs: []LogSource{{Path: "/error.log"}}, Root: root, Probe: true}
	address := own.Listener.Addr().String()
	opts.Ignore = []uint64{inodeOf(t, own.Listener)}
	ev, err := Collect(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(ev.Host.Listeners, func(l evidence.Listener) bool { return l.Address == address }) {
		t.Errorf("listeners: got %+v, want %s ignored", ev.Host.Listeners, address)
	}
}

func inodeOf(t *testing.T, l net.Listener) uint64 {
	t.Helper()
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var stat syscall.Stat_t
	if cerr := raw.Control(func(fd uintptr) { err = syscall.Fstat(int(fd), &stat) }); cerr != nil || err != nil {
		t.Fatal(cerr, err)
	}
	return stat.Ino
}

func TestConfigIsReadWithItsIncludes(t *testing.T) {
	root := place(t, map[string]string{
		"etc/nginx/nginx.conf":          "include mime.types;\nhttp { include /etc/nginx/sites-enabled/*; include snippets/none*.conf; }\r\n",
		"etc/nginx/mime.types":          "types {}\n",
		"etc/nginx/sites-available/app": "server { include snippets/x.conf; include snippets/x.conf; }\n",
		"etc/nginx/snippets/x.conf":     "add_header X y; # \xff\n",
	})
	link := filepath.Join(root, "etc/nginx/sites-enabled/app")
	if err := errors.Join(os.MkdirAll(filepath.Dir(link), 0o755), os.Symlink("/etc/nginx/sites-available/app", link)); err != nil {
		t.Fatal(err)
	}
	files, err := ReadConfig(root, "/etc/nginx/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, f.Path)
	}
	want := []string{"/etc/nginx/nginx.conf", "/etc/nginx/mime.types", "/etc/nginx/sites-enabled/app", "/etc/nginx/snippets/x.conf"}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, f := range files {
		onDisk, err := os.ReadFile(filepath.Join(root, strings.Replace(f.Path, "sites-enabled", "sites-available", 1)))
		if err != nil || f.Text != string(onDisk) {
			t.Errorf("%s: got %q, want it byte for byte (%v)", f.Path, f.Text, err)
		}
	}
}

// What cannot be read is named, and the rest is there.
func TestCollectNamesWhatItCouldNotRead(t *testing.T) {
	root := place(t, map[string]string{
		"etc/nginx/nginx.conf":    "events {}\nhttp { include conf.d/none.conf; include conf.d/*.conf; }\n",
		"etc/nginx/conf.d/a.conf": "server { listen 80; }\n",
		"b.log":                   record("http://127.0.0.1:1/a", "connect() failed (111: Connection refused)"),
	})
	ev, err := Collect(t.Context(), Options{Root: root, Logs: []LogSource{{Path: "/none.log"}, {Path: "/b.log"}}})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("got %v, want it to name what is missing", err)
	}
	for _, want := range []string{"read log /none.log: ", "read configuration /etc/nginx/conf.d/none.conf: "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
	if len(ev.Logs) != 1 || len(ev.Config) != 2 || ev.Host == nil {
		t.Errorf("got %d logs, %d files, host %v, want all that could be read", len(ev.Logs), len(ev.Config), ev.Host)
	}
}

// A large log is a stream, and whole for whoever reads the evidence next.
func TestLargeLogCanBeReadAgain(t *testing.T) {
	line := record("http://127.0.0.1:1/a", "connect() failed (111: Connection refused)")
	text := strings.Repeat(line, textLimit/len(line)+2)
	root := place(t, map[string]string{"error.log": text})
	logs, err := openLogs(root, []LogSource{{Path: "/error.log", Offset: int64(len(line))}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, logs.evidence()[0].Reader); err != nil {
		t.Fatal(err)
	}
	again, err := io.ReadAll(logs.evidence()[0].Reader)
	if err != nil || string(again) != text[len(line):] {
		t.Errorf("got %d bytes (%v), want %d", len(again), err, len(text)-len(line))
	}
}

func TestLogThatWasRotatedIsReadFromItsBeginning(t *testing.T) {
	root := place(t, map[string]string{"error.log": "new\n"})
	logs, err := openLogs(root, []LogSource{{Path: "/error.log", Offset: 999}})
	if err != nil || logs[0].text != "new\n" {
		t.Errorf("got %+v (%v), want all of it", logs, err)
	}
}

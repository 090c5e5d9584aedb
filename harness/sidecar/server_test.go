package sidecar

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/diagnoser"
)

func TestTheTokenIsAskedFor(t *testing.T) {
	s := &Server{token: "secret", lease: newLease(0)}
	srv := httptest.NewServer(s.guard(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, struct{}{}) })))
	defer srv.Close()
	for token, want := range map[string]string{"secret": "", "wrong": "token missing or wrong", "": "token missing or wrong"} {
		err := NewClient(srv.URL, token).call(t.Context(), http.MethodGet, "/v1/health", nil, nil)
		if got := errorText(err); !strings.Contains(got, want) || (want == "") != (err == nil) {
			t.Errorf("token %q: got %q, want %q", token, got, want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestARenewedLeaseHolds(t *testing.T) {
	l := newLease(50 * time.Millisecond)
	l.last.Add(int64(time.Hour)) // renewed in the future
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	l.wait(ctx)
	if l.expired() {
		t.Error("a renewed lease ran out")
	}
	l.last.Add(-2 * int64(time.Hour))
	l.wait(t.Context())
	if !l.expired() {
		t.Error("a lease that nobody renews holds")
	}
}

func TestVerdictPicksTheReason(t *testing.T) {
	out := "nginx: [warn] 7#7: something\nnginx: [emerg] 7#7: unknown directive \"x\" in /etc/nginx/nginx.conf:12\n"
	if got, want := verdict(out), `unknown directive "x" in /etc/nginx/nginx.conf:12`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := verdict("nginx: [emerg] invalid value \"a: b\" in /etc/nginx/nginx.conf:3\n"), `invalid value "a: b" in /etc/nginx/nginx.conf:3`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := verdict("odd\n output\n"), "odd output"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestARejectedConfigurationIsPutBack(t *testing.T) {
	s := &Server{}
	s.nginx.Store(&master{root: t.TempDir()})
	write(t, s, "/a.conf", "old")
	old, err := s.swap(map[string]string{"/a.conf": "new", "/b.conf": "more"})
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, s, "/a.conf"); got != "new" {
		t.Errorf("swapped: got %q", got)
	}
	if err := s.restore(old); err != nil {
		t.Fatal(err)
	}
	if got := read(t, s, "/a.conf"); got != "old" {
		t.Errorf("restored: got %q", got)
	}
	if _, err := os.Stat(s.path("/b.conf")); err == nil {
		t.Error("a file that was not there before is there after it")
	}
}

func TestSetPermission(t *testing.T) {
	s := &Server{}
	s.nginx.Store(&master{root: t.TempDir()})
	write(t, s, "/etc/group", "root:x:0:\nweb:x:4711:\n")
	write(t, s, "/run/app.sock", "")
	if err := s.setPermission(&diagnoser.Params{Path: "/run/app.sock", Mode: "0640"}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(s.path("/run/app.sock"))
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("got %v, %v, want 0640", info.Mode(), err)
	}
	if gid, err := s.gid("web"); gid != 4711 || err != nil {
		t.Errorf("gid of web: got %d, %v", gid, err)
	}
	for _, p := range []*diagnoser.Params{
		nil, {Path: "relative", Mode: "0600"}, {Path: "/run/app.sock", Mode: "0999"}, {Path: "/run/app.sock", Group: "nobody-of-that-name"},
	} {
		if err := s.setPermission(p); err == nil {
			t.Errorf("setPermission(%+v) is not refused", p)
		}
	}
}

func write(t *testing.T, s *Server, name, text string) {
	t.Helper()
	path := s.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, s *Server, name string) string {
	t.Helper()
	text, err := os.ReadFile(s.path(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

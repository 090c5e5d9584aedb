package main

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// asked is a backend that notes what it is asked.
type asked struct {
	*httptest.Server
	mu    sync.Mutex
	lines []string // guarded by mu
}

func newAsked(t *testing.T) *asked {
	a := &asked{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.lines = append(a.lines, r.Method+" "+r.RequestURI)
		w.Header().Set("X-Session", strings.Repeat("x", 9000))
	}))
	t.Cleanup(a.Close)
	return a
}

func TestProbeAsksUpstreamsAndNobodyElse(t *testing.T) {
	named, stranger := newAsked(t), newAsked(t)
	address := strings.TrimPrefix(named.URL, "http://")
	for probePath, want := range map[string]string{"": "GET /", "log": "GET /cart", "/health": "GET /health"} {
		named.lines = nil
		dir := applySite(t)
		log := strings.ReplaceAll(strings.ReplaceAll(tooBig, "127.0.0.1:8001", address), "GET / ", "GET /cart ")
		write(t, dir, "error.log", strings.ReplaceAll(log, address+"/", address+"/cart"))
		write(t, dir, "nginx.conf", strings.ReplaceAll(good, "127.0.0.1:8001", address))
		c := diagnoseCommand()
		args := []string{dir + "/error.log", "--config", dir + "/nginx.conf", "--live=sockets", "--probe"}
		if probePath != "" {
			args = append(args, "--probe-path", probePath)
		}
		var out bytes.Buffer
		c.SetArgs(args)
		c.SetOut(&out)
		c.SetErr(&bytes.Buffer{})
		c.SilenceErrors, c.SilenceUsage = true, true
		var s *status
		if err := c.Execute(); !errors.As(err, &s) || s.code != exitFindings {
			t.Fatalf("got %v:\n%s", err, &out)
		}
		if len(named.lines) != 1 || named.lines[0] != want {
			t.Errorf("%q: the upstream was asked %q, want once %s", probePath, named.lines, want)
		}
		if !strings.Contains(out.String(), "probe: a direct "+want) {
			t.Errorf("%q: the report does not say what was asked:\n%s", probePath, &out)
		}
	}
	if len(stranger.lines) > 0 {
		t.Errorf("a server that nothing names was asked %q", stranger.lines)
	}
}

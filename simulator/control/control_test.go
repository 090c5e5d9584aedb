package control_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/control"
	"github.com/badgateway/badgateway/simulator/strictyaml"
)

// mount runs a simulator and its control interface under a prefix, as a bigger server would.
func mount(t *testing.T) (*simulator.Server, *control.Client) {
	t.Helper()
	srv, err := simulator.New(simulator.Config{Name: "app", Listen: "tcp:127.0.0.1:0"})
	if err == nil {
		err = srv.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	mux := http.NewServeMux()
	inner := http.StripPrefix("/upstreams/app", control.NewHandler(srv))
	mux.HandleFunc("/upstreams/app/", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer token" {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		inner.ServeHTTP(w, r)
	})
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	return srv, &control.Client{BaseURL: front.URL + "/upstreams/app", Header: http.Header{"Authorization": {"Bearer token"}}}
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestPlan(t *testing.T) {
	srv, c := mount(t)
	ctx := within(t)
	if _, err := c.Plan(ctx); err == nil || !strings.Contains(err.Error(), "made in Go") {
		t.Errorf("a plan without YAML: got %v", err)
	}
	n, err := c.SetPlan(ctx, "p.yaml", []byte("default: [{respond: {status: 418}}]\n"), simulator.OpenConnections)
	if err != nil || n != 2 || srv.Generation() != 2 {
		t.Fatalf("got generation %d, %v; want 2", n, err)
	}
	if text, err := c.Plan(ctx); err != nil || string(text) != "default: [{respond: {status: 418}}]\n" {
		t.Errorf("got %q, %v", text, err)
	}
	resp, err := http.Get("http://" + strings.TrimPrefix(srv.Addr(), "tcp:"))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 418 {
		t.Errorf("got %s, want 418", resp.Status)
	}
}

// Wrong plans come back with their place and line, whether parsing or compiling found the mistake.
func TestWrongPlans(t *testing.T) {
	srv, c := mount(t)
	ctx := within(t)
	for _, tt := range []struct{ plan, want, text string }{
		{"default:\n  - srve", "p.yaml:2:5: unknown step", "  - srve"},
		{"default:\n  - stderr: x", "p.yaml:2:5: stderr: only possible", "  - stderr: x"},
	} {
		_, set := c.SetPlan(ctx, "p.yaml", []byte(tt.plan), simulator.NewConnections)
		_, restart := c.Restart(ctx, "p.yaml", []byte(tt.plan))
		for _, err := range []error{set, restart} {
			var e *strictyaml.Error
			if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), tt.want) || e.Text != tt.text {
				t.Errorf("got %v (%+v), want %s", err, e, tt.want)
			}
		}
	}
	if _, err := c.SetPlan(ctx, "p.yaml", nil, simulator.NewConnections); err == nil {
		t.Error("no plan: no error")
	}
	if _, err := c.SetPlan(ctx, "p.yaml", []byte("{}"), "some"); err == nil || !strings.Contains(err.Error(), "scope") {
		t.Errorf("another scope: got %v", err)
	}
	if got := srv.Generation(); got != 1 {
		t.Errorf("generation %d, want 1: nothing changed", got)
	}
}

func TestEndpoint(t *testing.T) {
	srv, c := mount(t)
	ctx := within(t)
	for _, step := range []struct {
		do    func() error
		state string
	}{
		{func() error { return c.Refuse(ctx) }, "refuse"},
		{func() error { return c.Resume(ctx) }, "listen"},
		{func() error { _, err := c.Restart(ctx, "p", []byte("endpoint: {refuse: true}")); return err }, "refuse"},
		{func() error { _, err := c.Restart(ctx, "", nil); return err }, "listen"},
		{srv.Close, "closed"},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		status, err := c.Endpoint(ctx)
		if err != nil || status.State != step.state || status.Address != srv.Addr() || status.Name != "app" {
			t.Errorf("got %+v, %v, want %s", status, err, step.state)
		}
	}
	if err := c.Refuse(ctx); err == nil || !strings.Contains(err.Error(), "not running") {
		t.Errorf("after close: got %v", err)
	}
}

func TestGatesAndJournal(t *testing.T) {
	srv, c := mount(t)
	ctx := within(t)
	if _, err := c.SetPlan(ctx, "p", []byte("default: [{wait: a b}, serve]"), simulator.NewConnections); err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		resp, err := http.Get("http://" + strings.TrimPrefix(srv.Addr(), "tcp:"))
		if err == nil {
			err = resp.Body.Close()
		}
		answered <- err
	}()
	if err := srv.Gate("a b").AwaitWaiting(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Waiting(ctx, "a b"); n != 1 || err != nil {
		t.Errorf("got %d waiting, %v", n, err)
	}
	for _, do := range []func(context.Context, string) error{c.ShutGate, c.OpenGate} {
		if err := do(ctx, "a b"); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	page, err := c.Journal(ctx, 2)
	if err != nil || len(page.Entries) == 0 || page.Entries[0].Seq != 3 || page.Overflow != 0 {
		t.Errorf("got %+v, %v", page, err)
	}
}

func TestMountRefusesStrangers(t *testing.T) {
	_, c := mount(t)
	c.Header = nil
	if _, err := c.Endpoint(within(t)); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("got %v, want 401", err)
	}
}

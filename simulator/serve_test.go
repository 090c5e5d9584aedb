package simulator_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/badgateway/badgateway/simulator"
)

// start runs a simulator with a plan in YAML and closes it at the end of the test.
func start(t *testing.T, listen, protocol, plan string) *simulator.Server {
	t.Helper()
	srv := newServer(t, listen, protocol, plan)
	if err := srv.Start(); err != nil {
		t.Fatal(err)
	}
	return srv
}

func newServer(t *testing.T, listen, protocol, plan string) *simulator.Server {
	t.Helper()
	p, err := simulator.ParsePlan("plan.yaml", []byte(plan))
	if err != nil {
		t.Fatal(err)
	}
	srv, err := simulator.New(simulator.Config{Listen: listen, Protocol: protocol, Plan: p})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if t.Failed() {
			entries, _ := srv.Journal(0)
			for _, e := range entries {
				t.Logf("%+v", e)
			}
		}
	})
	return srv
}

func TestServesNetHTTP(t *testing.T) {
	srv := start(t, "tcp:127.0.0.1:0", "http", `{}`)
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for range 3 {
		resp, err := client.Get("http://" + srv.Addr()[len("tcp:"):] + "/a?b=c")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != 200 || string(body) != "ok\n" || err != nil {
			t.Errorf("got %d %q %v, want 200 ok", resp.StatusCode, body, err)
		}
	}
	if got := srv.Status().Accepted; got != 1 {
		t.Errorf("got %d connections, want 1 kept alive", got)
	}
}

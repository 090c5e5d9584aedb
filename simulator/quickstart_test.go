package simulator_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/simulator"
)

func TestClientTimesOut(t *testing.T) {
	plan := &simulator.Plan{Exchanges: []simulator.Rule{simulator.On(simulator.Path("/slow"), simulator.Hang())}}
	srv, err := simulator.New(simulator.Config{Listen: "tcp:127.0.0.1:0", Plan: plan}) // what the socket cannot do is an error here
	if err == nil {
		err = srv.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close() // no goroutine, descriptor or socket file is left
	client := http.Client{Timeout: time.Second}
	if _, err := client.Get("http://" + strings.TrimPrefix(srv.Addr(), "tcp:") + "/slow"); !os.IsTimeout(err) {
		t.Errorf("got %v, want a timeout", err)
	}
}

// The README's test is the one above.
func TestQuickStartInREADME(t *testing.T) {
	code, err := os.ReadFile("quickstart_test.go")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, ok := strings.Cut(string(text), "```go\nfunc TestClientTimesOut")
	block, _, _ = strings.Cut(block, "```")
	if !ok || !strings.Contains(string(code), "func TestClientTimesOut"+block) {
		t.Error("README.md shows another TestClientTimesOut than quickstart_test.go")
	}
}

package control_test

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/simulator/control"
)

func TestFrozenPlanOverHTTP(t *testing.T) {
	_, c := serve(t, "tcp:127.0.0.1:0", "default: [{sleep: {uniform: {to: 1s}}}, serve]", "")
	text, err := c.Frozen(within(t), 1, 1)
	if err != nil || !strings.Contains(string(text), "drawn: {1: {0: [") {
		t.Errorf("got %q, %v", text, err)
	}
	if _, err := c.Frozen(within(t), 0, 1); err == nil || !strings.Contains(err.Error(), "want from 1") {
		t.Errorf("got %v", err)
	}
}

func TestTokens(t *testing.T) {
	const token = "0123456789abcdef"
	srv, c := serve(t, "tcp:127.0.0.1:0", `{}`, token)
	if _, err := c.Endpoint(within(t)); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{"", token[:15], token + "x"} {
		c.Header = control.Bearer(wrong)
		if _, err := c.Endpoint(within(t)); err == nil || err.Error() != "the token is missing or wrong" {
			t.Errorf("with %q: got %v", wrong, err)
		}
	}
	for _, o := range []control.Options{{Listen: "0.0.0.0:0"}, {Listen: "[::]:0"}} {
		if api, err := control.Serve(srv, o); !errors.Is(err, control.ErrNeedsToken) {
			t.Errorf("%s: got %v", o.Listen, err)
			if err == nil {
				_ = api.Close()
			}
		}
	}
	if _, err := control.Serve(srv, control.Options{Listen: "127.0.0.1:0", Token: "short"}); err == nil || !strings.Contains(err.Error(), "at least 16") {
		t.Errorf("a short token: got %v", err)
	}
}

// Without a token, a web page whose name is made to point to this host gets nothing.
func TestWithoutTokenOnlyThisHost(t *testing.T) {
	_, c := serve(t, "tcp:127.0.0.1:0", `{}`, "")
	for _, tt := range []struct {
		host, origin string
		want         int
	}{{"evil.example", "", 403}, {"localhost:1", "", 200}, {"127.0.0.1", "http://evil.example", 403}, {"[::1]:80", "", 200}} {
		req, _ := http.NewRequestWithContext(within(t), http.MethodGet, c.BaseURL+"/v1/endpoint", nil)
		req.Host = tt.host
		if tt.origin != "" {
			req.Header.Set("Origin", tt.origin)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != tt.want {
			t.Errorf("%+v: got %s", tt, resp.Status)
		}
	}
}

// The page that users read has each path that is served, and no other.
func TestREADMEHasEachPath(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for line := range strings.Lines(string(page)) {
		for _, method := range []string{"GET", "PUT", "POST"} {
			if _, rest, ok := strings.Cut(line, "`"+method+" /v1/"); ok {
				path, _, _ := strings.Cut(rest, "`")
				path, _, _ = strings.Cut(path, "?")
				documented[method+" /v1/"+path] = true
			}
		}
	}
	for _, route := range control.Routes() {
		if !documented[route] {
			t.Errorf("%s is not in README.md", route)
		}
		delete(documented, route)
	}
	for route := range documented {
		t.Errorf("%s is in README.md and not served", route)
	}
}

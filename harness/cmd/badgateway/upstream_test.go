package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/simulator/control"
)

// file writes a file of the test's.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestUpstreamFreezes(t *testing.T) {
	plan := file(t, "plan.yaml", "exchanges: [{match: {prob: 0.5}, script: [rst]}]\n")
	var texts []string
	for range 2 {
		var out bytes.Buffer
		cmd := upstreamCommand()
		cmd.SetOut(&out)
		cmd.SetArgs([]string{plan, "--seed", "3", "--freeze", "4x2"})
		if err := cmd.Execute(); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, out.String())
	}
	if texts[0] != texts[1] || !strings.HasPrefix(texts[0], "exchanges: [{match: {drawn: {") {
		t.Errorf("got %q and %q", texts[0], texts[1])
	}
}

func TestUpstreamControlErrors(t *testing.T) {
	plan, short := file(t, "plan.yaml", "{}"), file(t, "token", "short\n")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--freeze", "4"}, "--freeze 4: want CONNECTIONSxEXCHANGES"},
		{[]string{"--freeze", "4x2x"}, "want CONNECTIONSxEXCHANGES"},
		{[]string{"--control", "0.0.0.0:0"}, "a token is needed; make one with"},
		{[]string{"--control", "127.0.0.1:0", "--token-file", short}, "the token has 5 bytes, want at least 16"},
		{[]string{"--token-file", "/nonexistent"}, "/nonexistent"},
	} {
		cmd := upstreamCommand()
		cmd.SetArgs(append(c.args, plan, "--listen", "tcp:127.0.0.1:0"))
		cmd.SilenceUsage, cmd.SilenceErrors = true, true
		cmd.SetErr(io.Discard)
		if err := cmd.Execute(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %v, want %q in it", c.args, err, c.want)
		}
	}
}

// The command serves until it is interrupted, answers only who has the token, never shows it, and leaves no socket file.
func TestUpstreamServesAndCleansUp(t *testing.T) {
	const token = "0123456789abcdef0123"
	socket := t.TempDir() + "/app.sock"
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, w := io.Pipe()
	cmd := upstreamCommand()
	cmd.SetErr(w)
	cmd.SetArgs([]string{file(t, "plan.yaml", "{}"), "--listen", "unix:" + socket, "--control", "127.0.0.1:0", "--token-file", file(t, "token", token+"\n")})
	ended := make(chan error, 1)
	go func() { ended <- cmd.ExecuteContext(ctx) }()
	said := make([]byte, 0, 1000)
	address := regexp.MustCompile(`control API: (http://\S+)/v1/\n`)
	for !address.Match(said) {
		n, err := r.Read(said[len(said):cap(said)])
		if err != nil {
			t.Fatal(err)
		}
		said = said[:len(said)+n]
	}
	if bytes.Contains(said, []byte(token)) {
		t.Error("the token is printed")
	}
	client := &control.Client{BaseURL: string(address.FindSubmatch(said)[1]), Header: control.Bearer(token)}
	if s, err := client.Endpoint(ctx); err != nil || s.State != "listen" || s.Address != "unix:"+socket {
		t.Errorf("got %+v, %v", s, err)
	}
	client.Header = nil
	if _, err := client.Endpoint(ctx); err == nil || !strings.Contains(err.Error(), "the token is missing") {
		t.Errorf("without the token: got %v", err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(socket); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
}

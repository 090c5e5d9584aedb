package main

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// The test program is the command itself where the environment says so.
func TestMain(m *testing.M) {
	if os.Getenv("BENCH_TEST_RUN") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// Ctrl-C and SIGTERM leave a report of what was measured until then, and status 130.
func TestSignal(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		dir := t.TempDir()
		cmd := exec.Command(os.Args[0], "-only", "^(queue|lateness|http)$", "-report", dir)
		cmd.Env = append(os.Environ(), "BENCH_TEST_RUN=1")
		var said strings.Builder
		out, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stdout = cmd.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for in := bufio.NewScanner(out); in.Scan(); {
			said.WriteString(in.Text() + "\n")
			if in.Text() == "http: begins" {
				_ = syscall.Kill(-cmd.Process.Pid, sig) // as a terminal does: to all
			}
		}
		_ = cmd.Wait()
		if status := cmd.ProcessState.ExitCode(); status != 130 {
			t.Errorf("%v: status %d, want 130\n%s", sig, status, said.String())
		}
		data, err := os.ReadFile(filepath.Join(dir, "bench.json"))
		if err != nil {
			t.Fatalf("%v: %v\n%s", sig, err, said.String())
		}
		var report struct {
			Interrupted bool
			Missing     []string
		}
		err = json.Unmarshal(data, &report)
		if err != nil || !report.Interrupted || !slices.Equal(report.Missing, []string{"http", "lateness", "queue"}) {
			t.Errorf("%v: got %v\n%s", sig, err, data)
		}
		if !strings.Contains(said.String(), "missing: http, lateness, queue") {
			t.Errorf("%v: it said\n%s", sig, said.String())
		}
	}
}

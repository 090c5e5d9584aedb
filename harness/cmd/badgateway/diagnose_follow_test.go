package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const refusedRecord = "2025/01/02 03:04:05 [error] 7#7: *%d connect() failed (111: Connection refused) while connecting to upstream, client: 127.0.0.1, " +
	"server: app.example.com, request: \"GET /a HTTP/1.1\", upstream: \"http://127.0.0.1:%d/a\", host: \"app.example.com\"\n"

// following runs diagnose --follow --format json and gives its objects one after the other.
type following struct {
	*testing.T
	lines  *bufio.Scanner
	cancel context.CancelFunc
	ended  chan error
}

func startFollowing(t *testing.T, args ...string) *following {
	ctx, cancel := context.WithCancel(t.Context())
	in, out := io.Pipe()
	f := &following{T: t, lines: bufio.NewScanner(in), cancel: cancel, ended: make(chan error, 1)}
	f.lines.Buffer(nil, 1<<20)
	c := diagnoseCommand()
	c.SetArgs(append(args, "--follow", "--format", "json", "--interval", "1ms"))
	c.SetOut(out)
	c.SetErr(io.Discard)
	c.SilenceErrors, c.SilenceUsage = true, true
	go func() {
		f.ended <- c.ExecuteContext(ctx)
		out.Close()
	}()
	t.Cleanup(func() { cancel(); in.Close() })
	return f
}

// next waits for an object of this type, past others of the type again.
func (f *following) next(kind string) told {
	f.Helper()
	for f.lines.Scan() {
		var got told
		if err := json.Unmarshal(f.lines.Bytes(), &got); err != nil {
			f.Fatalf("%v: %s", err, f.lines.Text())
		}
		if got.Type == kind {
			return got
		}
		if got.Type != "again" {
			f.Fatalf("got %s, want %s: %s", got.Type, kind, f.lines.Text())
		}
	}
	f.Fatalf("it ended before any %s: %v", kind, <-f.ended)
	return told{}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = file.WriteString(text)
	}
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestFollowTellsEachFindingOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "error.log")
	f := startFollowing(t, path)
	appendTo(t, path, fmt.Sprintf(refusedRecord, 1, 8001))
	if got := f.next("finding"); got.Finding.Upstream != "http://127.0.0.1:8001" {
		t.Errorf("got %+v, want the first upstream", got.Finding)
	}
	appendTo(t, path, fmt.Sprintf(refusedRecord, 2, 8001)+fmt.Sprintf(refusedRecord, 3, 8001))
	for again := f.next("again"); again.Count < 3; again = f.next("again") {
		if again.Upstream != "http://127.0.0.1:8001" || again.More < 1 {
			t.Errorf("got %+v, want more of the first upstream", again.Again)
		}
	}
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	appendTo(t, path, fmt.Sprintf(refusedRecord, 4, 8002))
	got := f.next("finding")
	if got.Finding.Upstream != "http://127.0.0.1:8002" || got.Finding.Evidence[0].Ref != path+":1" {
		t.Errorf("got %+v, want the new file's first line", got.Finding)
	}
	f.cancel()
	if sum := f.next("summary"); sum.Summary.Lines != 4 || len(sum.Findings) != 2 {
		t.Errorf("got %+v and %d findings, want 4 lines and 2", sum.Summary, len(sum.Findings))
	}
	var s *status
	if err := <-f.ended; !errors.As(err, &s) || s.code != exitFindings || !s.regular {
		t.Errorf("got %v, want the status of findings, and that it ended as meant", err)
	}
}

func TestFollowEndsWithItsStream(t *testing.T) {
	c := diagnoseCommand()
	var out bytes.Buffer
	c.SetArgs([]string{"-", "--follow"})
	c.SetIn(strings.NewReader(fmt.Sprintf(refusedRecord, 1, 8001) + fmt.Sprintf(refusedRecord, 2, 8001)))
	c.SetOut(&out)
	var s *status
	if err := c.Execute(); !errors.As(err, &s) || s.code != exitFindings {
		t.Errorf("got %v, want the status of findings", err)
	}
	if !strings.Contains(out.String(), "upstream errors: 2") || strings.Count(out.String(), "502 backend-down") > 1 {
		t.Errorf("got\n%s", &out)
	}
}

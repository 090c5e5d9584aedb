package tail

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/badgateway/badgateway/diagnoser"
)

func TestWatchWakes(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	path := filepath.Join(dir, "error.log")
	if err := os.Symlink(filepath.Join(elsewhere, "real.log"), path); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{filepath.Join(elsewhere, "real.log"), filepath.Join(dir, "later.log")} {
		os.WriteFile(filepath.Join(elsewhere, "real.log"), nil, 0o644)
		w, err := NewWatch([]string{path})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("one\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		select {
		case <-w.Wake:
		case <-time.After(10 * time.Second):
			t.Errorf("a write to %s woke nobody", name)
		}
		w.Close()
	}
}

func TestStreamSendsWholeLinesAsTheyCome(t *testing.T) {
	in, out := io.Pipe()
	chunks := Stream(t.Context(), "stdin", in)
	go out.Write([]byte("one\ntwo\nth"))
	if c := <-chunks; string(c.Text) != "one\ntwo\n" || c.Before != 0 {
		t.Errorf("got %q behind %d lines", c.Text, c.Before)
	}
	go func() { out.Write([]byte("ree\n")); out.Write([]byte("end")); out.Close() }()
	if c := <-chunks; string(c.Text) != "three\n" || c.Before != 2 {
		t.Errorf("got %q behind %d lines", c.Text, c.Before)
	}
	if c := <-chunks; string(c.Text) != "end" || c.Before != 3 {
		t.Errorf("got %q behind %d lines", c.Text, c.Before)
	}
	if _, open := <-chunks; open {
		t.Error("the channel is open behind the stream's end")
	}
}

func TestStreamEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in, out := io.Pipe()
	chunks := Stream(ctx, "stdin", in)
	cancel()
	go func() { out.Write([]byte("one\n")); out.Close() }()
	for range chunks { // it may be sent or not; the channel is closed
	}
}

func TestTrackerTellsOnceAndCounts(t *testing.T) {
	var tracker Tracker
	report := &diagnoser.Report{Findings: []diagnoser.Finding{{Cause: "wrong-port", Upstream: "http://127.0.0.1:1", Count: 2}}}
	if fresh := tracker.Fresh(report); len(fresh) != 1 {
		t.Fatalf("got %d, want it told the first time", len(fresh))
	}
	report.Findings[0].Count = 5
	if fresh := tracker.Fresh(report); len(fresh) != 0 {
		t.Errorf("got %+v, want nothing told twice", fresh)
	}
	if again := tracker.Again(); len(again) != 1 || again[0].More != 3 || again[0].Count != 5 {
		t.Errorf("got %+v, want 3 more, 5 in all", again)
	}
	if again := tracker.Again(); len(again) != 0 {
		t.Errorf("got %+v, want nothing since", again)
	}
}

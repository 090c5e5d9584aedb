package diagnoser

import (
	"context"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

func readTexts(t *testing.T, log string) *Reading {
	t.Helper()
	r, err := Read(context.Background(), evidence.Evidence{Texts: []evidence.Log{{Name: "app.log", Text: log}}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Like lines are counted, the first is kept, and a line whose words name a cause counts for that one only.
func TestHintsAreCounted(t *testing.T) {
	r := readTexts(t, "[14-Mar-2026 09:15:02] WARNING: [pool www] child 14 exited on signal 11 (SIGSEGV) after 1.4 seconds from start\n"+
		"[14-Mar-2026 09:15:03] NOTICE: [pool www] child 15 started\n"+
		"[14-Mar-2026 09:15:09] WARNING: [pool www] child 15 exited on signal 11 (SIGSEGV) after 1.4 seconds from start\n"+
		"[2026-03-14 09:15:10 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:9)\n")
	for cause, want := range map[string]int{"worker-crash-segfault": 2, "worker-timeout": 1} {
		if s := r.seen[cause]; s == nil || s.count != want {
			t.Errorf("%s: got %+v, want %d lines", cause, s, want)
		}
	}
	if s := r.seen["worker-crash"]; s != nil {
		t.Errorf("got %+v of a segmentation fault", s)
	}
	if s := r.seen["worker-crash-segfault"]; s.ref != "app.log:1" {
		t.Errorf("got %s, want the first line", s.ref)
	}
}

// What only the form of a server's log tells is a hint too.
func TestHintsOfForms(t *testing.T) {
	r := readTexts(t, "[2026-03-14 09:15:10 +0000] [7] [ERROR] Worker (pid:9) was sent SIGABRT!\n"+
		"Mar 14 09:15:11 web kernel: TCP: request_sock_TCP: Possible SYN flooding on port 8000. Sending cookies.\n")
	for _, cause := range []string{"worker-crash", "backlog-full"} {
		if r.seen[cause] == nil {
			t.Errorf("got no hint of %s", cause)
		}
	}
}

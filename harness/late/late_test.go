package late

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"
)

// Processes that want more processors than there are wait for one. Bounded: the hogs are ended by the test.
func TestAWatchSeesProcessesThatWait(t *testing.T) {
	if _, err := waited(os.Getpid()); err != nil {
		t.Skip("the kernel does not count how long processes wait")
	}
	var pids []int
	for range 4 * runtime.NumCPU() {
		hog := exec.CommandContext(t.Context(), "sh", "-c", "while :; do :; done")
		if err := hog.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { hog.Process.Kill(); hog.Wait() }()
		pids = append(pids, hog.Process.Pid)
	}
	w := Start(func() []int { return pids })
	deadline := time.Now().Add(20 * time.Second)
	for {
		time.Sleep(50 * time.Millisecond)
		m := w.End()
		if m.Waited > 20*time.Millisecond {
			if m.Process != "sh" {
				t.Errorf("got %q, want the hog's name", m.Process)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("got %v, want some of the processes to wait", m)
		}
		w = Start(func() []int { return pids })
	}
}

func TestAWatchThatEndsAtOnceSaysNothing(t *testing.T) {
	if m := Start(nil).End(); m.Timer < 0 || m.Waited != 0 {
		t.Errorf("got %+v", m)
	}
}

func TestTheWorstOfBothIsTold(t *testing.T) {
	for _, tc := range []struct {
		m    Measure
		want string
	}{
		{Measure{Timer: 30 * time.Millisecond, Waited: 20 * time.Millisecond, Process: "x"}, "a sleep was 30ms too long"},
		{Measure{Timer: 3 * time.Millisecond, Waited: 20 * time.Millisecond, Process: "nginx: worker process"},
			`"nginx: worker process" waited 20ms for a processor`},
	} {
		if got := tc.m.String(); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}

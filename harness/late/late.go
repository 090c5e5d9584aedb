// Package late measures by how much a machine is late: how much longer than asked for a process
// sleeps, and how long processes that could run wait for a processor. What is measured meanwhile is
// wrong by about as much.
package late

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// interval is how long the watch sleeps at a time. Shorter disturbances are seen only if they fall
// on its wake-up.
const interval = 5 * time.Millisecond

// Measure is what a watch saw from its start to its end.
type Measure struct {
	// Timer is the most by which a sleep was longer than asked for, in nanoseconds.
	Timer time.Duration `json:"timer"`
	// Waited is how long that process which waited longest could have run and had no processor, in nanoseconds
	// and all together: run_delay of sched-stats(7); 0 where the kernel does not count it.
	Waited time.Duration `json:"waited,omitempty"`
	// Process is the title of the one that waited longest.
	Process string `json:"process,omitempty"`
}

// Worst is the greater of both.
func (m Measure) Worst() time.Duration { return max(m.Timer, m.Waited) }

func (m Measure) String() string {
	if m.Waited > m.Timer {
		return fmt.Sprintf("%q waited %v for a processor", m.Process, m.Waited.Round(time.Millisecond))
	}
	return fmt.Sprintf("a sleep was %v too long", m.Timer.Round(time.Millisecond))
}

// Watch measures until its End is called.
type Watch struct {
	pids  func() []int
	begin map[int]time.Duration
	stop  chan struct{}
	done  sync.WaitGroup
	timer time.Duration // read when done
}

// Start begins to watch the machine, and the processes that pids lists at the start and at the end;
// nil is none.
func Start(pids func() []int) *Watch {
	w := &Watch{pids: pids, stop: make(chan struct{})}
	if pids != nil {
		w.begin = map[int]time.Duration{}
		for _, pid := range pids() {
			w.begin[pid], _ = waited(pid)
		}
	}
	w.done.Go(w.sleep)
	return w
}

func (w *Watch) sleep() {
	alarm := time.NewTimer(interval)
	defer alarm.Stop()
	for before := time.Now(); ; before = time.Now() {
		alarm.Reset(interval)
		select {
		case <-alarm.C:
			w.timer = max(w.timer, time.Since(before)-interval)
		case <-w.stop:
			// A sleep that has been over for a while, too: nobody could wake up for it.
			w.timer = max(w.timer, time.Since(before)-interval)
			return
		}
	}
}

// End returns what was measured. A process that began meanwhile counts as a whole, one that ended
// does not count.
func (w *Watch) End() Measure {
	close(w.stop)
	w.done.Wait()
	m := Measure{Timer: max(w.timer, 0)}
	if w.pids == nil {
		return m
	}
	for _, pid := range w.pids() {
		all, err := waited(pid)
		if err != nil {
			continue
		}
		if since := all - w.begin[pid]; since > m.Waited {
			m.Waited, m.Process = since, title(pid)
		}
	}
	return m
}

// waited is how long that thread of a process which waited longest has waited for a processor since it began.
func waited(pid int) (longest time.Duration, err error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(files) == 0 {
		return 0, os.ErrProcessDone
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		// "RAN WAITED TIMESLICES", the first two in nanoseconds.
		if f := strings.Fields(string(text)); len(f) == 3 {
			ns, _ := strconv.ParseInt(f[1], 10, 64)
			longest = max(longest, time.Duration(ns))
		}
	}
	return longest, nil
}

func title(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	words := strings.FieldsFunc(string(text), func(r rune) bool { return r == 0 })
	if len(words) == 0 {
		return fmt.Sprint("process ", pid)
	}
	if strings.Contains(words[0], " ") { // "nginx: worker process"
		return strings.TrimSpace(words[0])
	}
	return filepath.Base(words[0])
}

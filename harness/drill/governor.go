package drill

import (
	"bytes"
	"context"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/badgateway/badgateway/harness/late"
)

// governor decides how many drills are run at a time: as many as fit beside each other without
// making the machine late.
type governor struct {
	mu      sync.Mutex
	freed   *sync.Cond
	limit   int           // guarded by mu
	running int           // guarded by mu
	wanted  bool          // guarded by mu; somebody had to wait since the last look
	calm    int           // guarded by mu; looks since the limit was changed
	over    int           // guarded by mu; drills that ended since then
	seen    time.Duration // guarded by mu; by how much a pod was late since the last look
	done    chan struct{} // closed when nobody asks any more
	ended   sync.WaitGroup
}

const (
	// lookEvery is between two looks at the machine. A drill takes about as long.
	lookEvery = 500 * time.Millisecond
	// tooLate is a lateness after which fewer drills are begun. The shortest times that a drill
	// tells apart are some ten times as long.
	tooLate = 30 * time.Millisecond
	// pressing is the share of the time in which something waited for a processor, above which no
	// further drill is begun: more of them would only wait for each other.
	pressing = 0.85
	// settling is how many looks the limit stays after a change. It rises only when a drill has
	// ended since, too: one that has just begun starts containers, and shows its load a moment
	// later.
	settling = 2
	// perCore bounds how many drills there are for each processor, however idle it is.
	perCore = 10
)

// startGovernor begins with one drill for each processor, and goes up and down from there. procs
// that are not 0 are fixed.
func startGovernor(procs int, tell func(limit int)) *governor {
	g := &governor{limit: procs, done: make(chan struct{})}
	g.freed = sync.NewCond(&g.mu)
	if procs <= 0 {
		g.limit = runtime.NumCPU()
		g.ended.Go(func() { g.watch(tell) })
	}
	tell(g.limit)
	return g
}

func (g *governor) stop() {
	close(g.done)
	g.ended.Wait()
}

// acquire waits for a place. It reports false when ctx ends first.
func (g *governor) acquire(ctx context.Context) bool {
	defer context.AfterFunc(ctx, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.freed.Broadcast()
	})()
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.running >= g.limit && ctx.Err() == nil {
		g.wanted = true
		g.freed.Wait()
	}
	if ctx.Err() != nil {
		return false
	}
	g.running++
	return true
}

func (g *governor) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running--
	g.over++
	g.freed.Signal()
}

// watch looks at the machine until nobody asks any more.
func (g *governor) watch(tell func(int)) {
	for {
		w, before, begin := late.Start(nil), pressure(), time.Now()
		select {
		case <-g.done:
			w.End()
			return
		case <-time.After(lookEvery):
		}
		waiting := float64(pressure()-before) / float64(time.Since(begin))
		if n, changed := g.adjust(w.End().Timer, waiting); changed {
			tell(n)
		}
	}
}

// adjust changes the limit by what was seen since the last look: how late the machine was, and in
// which share of the time something waited for a processor.
func (g *governor) adjust(late time.Duration, waiting float64) (limit int, changed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	before := g.limit
	late, g.seen = max(late, g.seen), 0
	g.calm++
	switch {
	case g.calm <= settling:
	case late > tooLate:
		g.limit = max(g.limit*3/4, runtime.NumCPU())
	case g.wanted && g.over > 0 && waiting < pressing:
		g.limit = min(g.limit+1, perCore*runtime.NumCPU())
	}
	if g.limit != before {
		g.calm, g.over = 0, 0
	}
	g.wanted = g.running >= g.limit
	g.freed.Broadcast()
	return g.limit, g.limit != before
}

// saw takes by how much a pod was late: Docker's containers may have less of the machine than this process has.
func (g *governor) saw(late time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen = max(g.seen, late)
}

// pressure is how long something has waited for a processor on this machine, all together, since it
// was started. Linux counts it in pressure stall information (Documentation/accounting/psi.rst); a
// kernel without it shows 0, and only lateness counts.
func pressure() time.Duration {
	text, err := os.ReadFile("/proc/pressure/cpu")
	if err != nil {
		return 0
	}
	line, _, _ := bytes.Cut(text, []byte("\n")) // "some avg10=0.00 avg60=0.00 avg300=0.00 total=MICROSECONDS"
	_, total, _ := bytes.Cut(line, []byte("total="))
	n, _ := strconv.ParseInt(string(total), 10, 64)
	return time.Duration(n) * time.Microsecond
}

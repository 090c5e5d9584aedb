package drill

import (
	"slices"
	"sync"
	"time"
)

// usualStart is how long a pod with its proxy takes to start on a machine for which the deadlines are made.
const usualStart = 500 * time.Millisecond

// slowest bounds by how much deadlines grow.
const slowest = 20

// pace is how slow the machine is, by how long pods took to start. Deadlines grow with it: they are
// there to end what hangs, and no outcome may depend on them.
type pace struct {
	mu     sync.Mutex
	starts []time.Duration // guarded by mu; the last few
}

func (p *pace) started(took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.starts = append(p.starts, took)
	p.starts = p.starts[max(0, len(p.starts)-8):]
}

// deadline is what a limit for the usual machine comes to on this one.
func (p *pace) deadline(usual time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.starts) == 0 {
		return 4 * usual // nothing is known yet
	}
	factor := float64(slices.Max(p.starts)) / float64(usualStart)
	return time.Duration(min(max(factor, 1), slowest) * float64(usual))
}

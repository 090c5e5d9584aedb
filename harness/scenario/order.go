package scenario

import (
	"cmp"
	"slices"
	"time"
)

const (
	// backendStart is about what a real backend takes to start, once for the fault and once for the remedy.
	backendStart = 3 * time.Second
	// lateAnswer is about how long the diagnoser waits for an answer that came too late for the proxy.
	lateAnswer = 5 * time.Second
)

// Waiting is about how long a drill waits while it uses no processor: for the proxy's timeouts,
// for pauses of its timeline, for real backends. It orders drills; nothing is measured against it.
func (d Drill) Waiting() time.Duration {
	looks := len(d.Traps()) + 2 // the symptom, and the steady state
	total := time.Duration(looks) * d.Pauses()
	if d.Symptom().After > 0 {
		total += lateAnswer
	}
	for _, u := range d.Upstreams {
		if u.Backend != nil {
			total += backendStart
		}
	}
	return total
}

// Pauses is how long each look at the proxy lets time pass: until its timeout, and where the timeline rests.
func (d Drill) Pauses() time.Duration {
	total := d.Symptom().After
	for _, acts := range [][]Act{d.Timeline, d.Probe.Before} {
		for _, a := range acts {
			total += a.Idle
		}
	}
	return total
}

// Mixed orders drills for a run of many at a time. Those that pause leave the processors to the others, so they are spread evenly
// among them, over the first three quarters: none is begun so late that the run waits for it alone. Either kind has those that wait longest
// first; those that wait equally long keep their order.
func Mixed(drills []Drill) []Drill {
	sorted := slices.SortedStableFunc(slices.Values(drills), func(a, b Drill) int { return cmp.Compare(b.Waiting(), a.Waiting()) })
	var pausing, others []Drill
	for _, d := range sorted {
		if d.Pauses() > 0 {
			pausing = append(pausing, d)
		} else {
			others = append(others, d)
		}
	}
	var mixed []Drill
	taken, spread := 0, len(others)*3/4
	for i, d := range pausing {
		before := i * spread / len(pausing)
		mixed = append(append(mixed, others[taken:before]...), d)
		taken = before
	}
	return append(mixed, others[taken:]...)
}

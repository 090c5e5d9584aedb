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

// LongestFirst orders drills by how long they wait, so that of a run of many at a time none of
// the long ones is begun last. Those that wait equally long keep their order.
func LongestFirst(drills []Drill) []Drill {
	return slices.SortedStableFunc(slices.Values(drills), func(a, b Drill) int { return cmp.Compare(b.Waiting(), a.Waiting()) })
}

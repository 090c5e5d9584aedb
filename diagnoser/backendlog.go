package diagnoser

import (
	"fmt"
	"slices"
	"time"

	"github.com/badgateway/badgateway/diagnoser/appserver"
	"github.com/badgateway/badgateway/diagnoser/evidence"
)

const (
	// saidMax bounds the kinds of lines of backends that are kept, pidsMax the processes of each.
	saidMax = 256
	pidsMax = 64
)

// said is what backends, their supervisors and the kernel logged: like lines together.
type said struct {
	evidence.BackendEvent // the first of them
	count                 int64
	last                  time.Time
	pids                  []int // the first processes that the lines speak of
}

// hear keeps what a line of a backend's log says.
func (r *Reading) hear(name string, line int64, text []byte) {
	e, ok := appserver.Parse(text)
	if !ok {
		return
	}
	e.Log, e.Line = name, line
	i := slices.IndexFunc(r.said, func(s *said) bool {
		return s.Server == e.Server && s.What == e.What && s.Name == e.Name && s.Signal == e.Signal
	})
	if i < 0 {
		if len(r.said) >= saidMax {
			return
		}
		i = len(r.said)
		r.said = append(r.said, &said{BackendEvent: e})
	}
	s := r.said[i]
	s.count++
	if e.Time.After(s.last) {
		s.last = e.Time
	}
	if e.PID != 0 && len(s.pids) < pidsMax && !slices.Contains(s.pids, e.PID) {
		s.pids = append(s.pids, e.PID)
	}
}

// saidOf returns what was logged of any of these kinds, in order of first appearance.
func (r *Reading) saidOf(what ...string) (all []*said) {
	for _, s := range r.said {
		if slices.Contains(what, s.What) {
			all = append(all, s)
		}
	}
	return all
}

// heardOf says which lines of backends speak for a cause.
var heardOf = map[string][]string{
	"worker-timeout":        {evidence.WorkerTimeout},
	"worker-pool-exhausted": {evidence.PoolExhausted},
	"worker-killed-oom":     {evidence.OutOfMemory},
	"worker-crash":          {evidence.WorkerCrashed, evidence.Unhandled},
	"backlog-full":          {evidence.QueueFull},
	"conntrack-table-full":  {evidence.PacketsDropped},
}

// heard makes the opinion that lines of a backend's log speak for a cause, nil without one.
func (in *inquiry) heard(cause, check string) *opinion {
	all := in.saidOf(heardOf[cause]...)
	if len(all) == 0 {
		return nil
	}
	o := &opinion{certainty: Likely, weight: 4, check: check}
	for _, s := range all[:min(len(all), 3)] {
		o.evidence = append(o.evidence, s.fact())
	}
	return o
}

// fact says what was logged, how often, and where first.
func (s *said) fact() Fact {
	text := fmt.Sprintf("%s, %s: %s", s.Server, s.What, s.Text[:min(len(s.Text), 300)])
	if s.count > 1 {
		text = fmt.Sprintf("%s (%d times)", text, s.count)
	}
	return Fact{Source: fromBackend, Text: text, Ref: fmt.Sprintf("%s:%d", s.Log, s.Line)}
}

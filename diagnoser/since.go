package diagnoser

import (
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// bootWithin is how far apart processes begin that one start of the machine, or of a set of containers, brings up.
const bootWithin = 2 * time.Minute

// holder is the process that holds the listening socket at a group's target, nil where that or its start is not known.
func (in *inquiry) holder(g *group) *evidence.Process {
	l := in.listener(g.target)
	if l == nil || l.PID == 0 {
		return nil
	}
	return in.born(func(p evidence.Process) bool { return p.PID == l.PID })
}

// master is the proxy's own first process, under the same conditions.
func (in *inquiry) master() *evidence.Process {
	return in.born(func(p evidence.Process) bool { return strings.HasPrefix(p.Command, "nginx: master process") })
}

// born finds a process whose start is known.
func (in *inquiry) born(is func(evidence.Process) bool) *evidence.Process {
	if in.host == nil {
		return nil
	}
	for i, p := range in.host.Processes {
		if is(p) && !p.Started.IsZero() {
			return &in.host.Processes[i]
		}
	}
	return nil
}

// wall is a time as the machine's clock shows it, to the second: a log's lines have no zone.
func wall(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// clock is how a process's start is told beside the times of a log.
func clock(p *evidence.Process) string { return wall(p.Started).Format(time.TimeOnly) }

// replaced tells whether the process that listens now began soon after a group's failures: it is another one than the
// one that failed. Which came first within one second a log does not say; there the backend's own log must say that
// it was stopped.
func (in *inquiry) replaced(g *group) *evidence.Process {
	p := in.holder(g)
	if p == nil || g.Time.IsZero() {
		return nil
	}
	least := time.Second
	if in.seen["backend-restarted"] != nil {
		least = 0
	}
	if after := wall(p.Started).Sub(g.last); after < least || after > goneWithin {
		return nil
	}
	return p
}

package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/badgateway/badgateway/harness/drill"
	"github.com/badgateway/badgateway/harness/scenario"
)

var _ = register(Group{Name: "drills", Run: drillRows,
	About: `First the drills that wait for no timeout, one at a time, in turns with the shortest script of ` + "`docker`" + ` commands that does the same by hand without any
diagnosis: a network, two containers, a request that fails, an edit, ` + "`nginx -t`" + ` and a reload by exec, a request that succeeds, the removal of all. A drill does more: it
collects evidence, diagnoses, springs every trap and probes three times. The time of a drill is that from the end of the one before it. Then the same drills, and at last the whole catalogue
with the newest nginx, as many at a time as ` + "`badgateway scenarios run`" + ` takes by itself. Memory is by how much MemAvailable of proc_meminfo(5) fell: of this program,
the containers and Docker, and of whatever else the machine did meanwhile.`})

// every is after how many drills the script has a turn.
const every = 8

// lineup runs drills for the rows.
type lineup struct {
	env *drill.Environment
	jobs,
	quick []drill.Job // all, and those that wait for no timeout
}

func drillRows(ctx context.Context, s *Sheet) error {
	catalogue, err := scenario.Builtin()
	if err != nil {
		return err
	}
	env, err := drill.Setup(ctx, drill.Options{Catalogue: catalogue})
	if err != nil {
		return err
	}
	defer env.Close()
	l := &lineup{env: env, jobs: env.Jobs(catalogue.Drills())}
	l.quick = slices.DeleteFunc(slices.Clone(l.jobs), func(j drill.Job) bool { return j.Pauses() > 0 })
	byHand, err := newScript(env.Proxies[0].Image)
	if err != nil {
		return err
	}
	defer byHand.clean()
	mine, hand, err := l.inTurns(ctx, s, byHand)
	if err != nil {
		return err
	}
	s.Row("median time of a drill", mine.Seconds(), "s", AtMost(0.6))
	s.Row("median time of the script", hand.Seconds(), "s", None)
	s.Row("drills a minute against the script, one at a time", hand.Seconds()/mine.Seconds(), "x", None)
	return l.asPeopleRun(ctx, s, hand)
}

// inTurns returns the median times of a drill and of the script.
func (l *lineup) inTurns(ctx context.Context, s *Sheet, byHand *script) (mine, hand time.Duration, err error) {
	var ours, theirs []time.Duration
	for part := range slices.Chunk(l.quick, every) {
		s.Logf("%d of %d drills, one at a time", len(ours), len(l.quick))
		took, err := l.run(ctx, s, part, 1)
		ours = append(ours, took...)
		var once time.Duration
		if err == nil {
			once, err = byHand.run(ctx)
		}
		if err != nil {
			s.Note(fmt.Sprintf("It ended early. The median time of %d drills until then: %.2f s, of the script, %d times: %.2f s.",
				len(ours), medianTime(ours).Seconds(), len(theirs), medianTime(theirs).Seconds()))
			return 0, 0, err
		}
		theirs = append(theirs, once)
	}
	return medianTime(ours), medianTime(theirs), nil
}

func (l *lineup) asPeopleRun(ctx context.Context, s *Sheet, hand time.Duration) error {
	s.Logf("%d drills, as many at a time as the machine bears", len(l.quick))
	begin := time.Now()
	if _, err := l.run(ctx, s, l.quick, 0); err != nil {
		return err
	}
	each := time.Since(begin) / time.Duration(len(l.quick))
	s.Row("drills a minute", time.Minute.Seconds()/each.Seconds(), "1/min", None)
	s.Row("drills a minute against the script", hand.Seconds()/each.Seconds(), "x", AtLeast(2.5))

	s.Logf("%d drills, as many at a time as the machine bears", len(l.jobs))
	fell := watchMemory()
	begin = time.Now()
	_, err := l.run(ctx, s, l.jobs, 0)
	whole, memory := time.Since(begin), fell()
	if err != nil {
		return err
	}
	s.Row("drills of the catalogue", float64(len(l.jobs)), "", None)
	s.Row("whole catalogue", whole.Seconds(), "s", AtMost(90))
	s.Row("memory of all while it runs", memory, "MiB", AtMost(1536))
	return nil
}

// pause is how often a long run says how far it is.
const pause = 10 * time.Second

// run returns how long each drill took from the end of the one before.
func (l *lineup) run(ctx context.Context, s *Sheet, jobs []drill.Job, procs int) (took []time.Duration, err error) {
	var wrong []error
	last, said := time.Now(), time.Now()
	err = l.env.RunAll(ctx, jobs, drill.Batch{Procs: procs, Done: func(d *drill.Session, err error) {
		took = append(took, time.Since(last))
		last = time.Now()
		if last.Sub(said) >= pause {
			said = last
			s.Logf("%d of %d drills are done", len(took), len(jobs))
		}
		if err == nil && d.Result.Verdict != drill.Passed {
			wrong = append(wrong, fmt.Errorf("%s: %s", d.Result.Name(), d.Result.Mismatches))
		}
	}})
	return took, errors.Join(append(wrong, err)...)
}

func medianTime(list []time.Duration) time.Duration {
	return time.Duration(median(list, func(d time.Duration) float64 { return float64(d) }))
}

package drill

import (
	"context"
	"errors"
	"sync"

	"github.com/badgateway/badgateway/harness/scenario"
)

// Job is one drill against one proxy.
type Job struct {
	scenario.Drill
	Proxy Proxy
	// Proof has the drill go on with ProofSteps.
	Proof bool
}

// Name is that of the result: "wrong-port/http-tcp nginx 1.30".
func (j Job) Name() string { return newResult(j.Drill, j.Proxy).Name() }

// Steps are those of the job.
func (j Job) Steps() []Step {
	if j.Proof {
		return append(Steps(), ProofSteps()...)
	}
	return Steps()
}

// Jobs pairs every drill with every proxy of the environment in which its cause exists, in an order
// that uses the processors well.
func (env *Environment) Jobs(drills []scenario.Drill) []Job {
	var jobs []Job
	for _, p := range env.Proxies {
		for _, d := range scenario.Mixed(drills) {
			if d.On(p.Version) {
				jobs = append(jobs, Job{Drill: d, Proxy: p})
			}
		}
	}
	return jobs
}

// Batch says how many drills are run, and who is told. The functions are never called at the same
// time; each may be nil.
type Batch struct {
	Procs int       // how many at a time; 0 finds out what the machine bears
	Begun func(Job) // a drill is under way
	// Again is called with a drill that was inconclusive, and will be run once more, alone, when
	// all others are done.
	Again func(*Session)
	Done  func(*Session, error) // a drill is done; the error is that of what could not be carried out
	Limit func(procs int)       // so many at a time, from now on
}

// RunAll runs jobs, many at a time. A drill whose images are not there yet gives way to those
// behind it. A drill that was inconclusive is run once more when all others are done, alone; what
// it comes to then is its result. When ctx ends, what runs is cleaned up, the rest is not begun,
// and the context's error is returned.
func (env *Environment) RunAll(ctx context.Context, jobs []Job, b Batch) error {
	r := &runner{env: env, Batch: b}
	g := startGovernor(b.Procs, func(n int) {
		if b.Limit != nil {
			r.tell(func() { b.Limit(n) })
		}
	})
	r.many(ctx, jobs, g)
	g.stop()
	r.alone(ctx)
	return errors.Join(append(r.errs, ctx.Err())...)
}

// runner is the state of one RunAll.
type runner struct {
	env *Environment
	Batch

	mu    sync.Mutex // also held while one of the Batch's functions is called
	errs  []error    // guarded by mu
	again []second   // guarded by mu
}

// second is a drill that was inconclusive, and what there is of its first run.
type second struct {
	Job
	first *Session
	err   error
}

func (r *runner) tell(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
}

// many runs all jobs, as many at a time as the governor lets.
func (r *runner) many(ctx context.Context, jobs []Job, g *governor) {
	var running sync.WaitGroup
	defer running.Wait()
	for len(jobs) > 0 {
		i := r.env.next(ctx, jobs)
		if i < 0 {
			return
		}
		j := jobs[i]
		jobs = append(jobs[:i:i], jobs[i+1:]...)
		if !g.acquire(ctx) {
			return
		}
		running.Go(func() {
			defer g.release()
			s, err := r.run(ctx, j)
			g.saw(s.Result.Late)
			if s.Result.Verdict == Inconclusive && ctx.Err() == nil {
				r.tell(func() {
					r.again = append(r.again, second{j, s, err})
					if r.Again != nil {
						r.Again(s)
					}
				})
				return
			}
			r.done(ctx, s, err)
		})
	}
}

// next is the index of the first job whose images are there; it waits until there is one. It is
// negative when ctx ends.
func (env *Environment) next(ctx context.Context, jobs []Job) int {
	for {
		arrival := env.Arrival()
		if ctx.Err() != nil {
			return -1
		}
		for i, j := range jobs {
			if env.Ready(j) {
				return i
			}
		}
		select {
		case <-arrival:
		case <-ctx.Done():
			return -1
		}
	}
}

// alone runs the inconclusive ones once more, one at a time. Those that are not reached keep their
// first result.
func (r *runner) alone(ctx context.Context) {
	for _, a := range r.again {
		if ctx.Err() != nil {
			r.done(context.WithoutCancel(ctx), a.first, a.err)
			continue
		}
		s, err := r.run(ctx, a.Job)
		s.Result.First = &a.first.Result
		r.done(ctx, s, err)
	}
}

// run does one drill to its end.
func (r *runner) run(ctx context.Context, j Job) (*Session, error) {
	if r.Begun != nil {
		r.tell(func() { r.Begun(j) })
	}
	if err := r.env.Await(ctx, j); err != nil {
		s := r.env.newSession(j)
		s.all = append(s.all, Mismatch{Step: "starts", Want: "its images", Got: err.Error()})
		return s, errors.Join(err, s.Close(ctx))
	}
	s, err := r.env.begin(ctx, j)
	if err != nil {
		return s, err
	}
	for _, step := range j.Steps() {
		if _, err = s.Do(ctx, step); err != nil {
			break
		}
	}
	s.showAll(ctx)
	return s, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
}

// done tells of a drill that is not run again. One that an interruption ended is none.
func (r *runner) done(ctx context.Context, s *Session, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	r.errs = append(r.errs, err)
	if r.Done != nil {
		r.Done(s, err)
	}
}

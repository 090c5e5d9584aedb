package drill

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"github.com/badgateway/badgateway/harness/scenario"
)

// Job is one drill against one proxy.
type Job struct {
	scenario.Drill
	Proxy Proxy
}

// Jobs pairs every drill with every proxy of the environment in which its cause exists, in an order that uses the processors well.
func (env *Environment) Jobs(drills []scenario.Drill) []Job {
	var jobs []Job
	for _, p := range env.Proxies {
		for _, d := range scenario.Mixed(drills) {
			if d.On(p.Version) {
				jobs = append(jobs, Job{d, p})
			}
		}
	}
	return jobs
}

// Procs is how many drills at a time are good for this machine. A drill waits for most of
// its time, so it is more than there are processors.
func Procs() int { return 7 * runtime.NumCPU() }

// turn is a job whose pod is starting.
type turn struct {
	Job
	pod *ahead
}

// RunAll runs jobs, procs at a time, and calls done after each, never at the same
// time. The next job's proxy starts before its turn, and a drill's proxy is removed while the next one runs. When ctx ends,
// what runs is cleaned up, the rest is not begun, and the context's error is returned.
func (env *Environment) RunAll(ctx context.Context, jobs []Job, procs int, done func(*Session, error)) error {
	var mu sync.Mutex
	var errs []error
	var workers, closers sync.WaitGroup
	turns := make(chan turn)
	for range max(procs, 1) {
		workers.Go(func() {
			for t := range turns {
				s, err := env.run(ctx, t)
				closers.Go(func() {
					err := errors.Join(err, s.Close(context.WithoutCancel(ctx)))
					mu.Lock()
					defer mu.Unlock()
					if ctx.Err() == nil {
						done(s, err)
						errs = append(errs, err)
					}
				})
			}
		})
	}
	errs = append(errs, env.feed(ctx, jobs, turns))
	workers.Wait()
	closers.Wait()
	return errors.Join(append(errs, ctx.Err())...)
}

// feed hands out jobs in their order. The error is that of a pod that nobody took and that could not be removed.
func (env *Environment) feed(ctx context.Context, jobs []Job, turns chan<- turn) error {
	defer close(turns)
	for _, j := range jobs {
		t := turn{j, env.openAhead(ctx, env.spec(j.Drill, j.Proxy, j.Host.Deny != ""))}
		select {
		case turns <- t:
		case <-ctx.Done():
			return t.pod.close(context.WithoutCancel(ctx))
		}
	}
	return nil
}

// run does the drill of one turn and leaves its session to be closed. The error is that of Do, or of the start.
func (env *Environment) run(ctx context.Context, t turn) (*Session, error) {
	s, err := env.begin(ctx, t.Drill, t.Proxy, t.pod)
	if err != nil {
		return &Session{Drill: t.Drill, Proxy: t.Proxy, Result: newResult(t.Drill, t.Proxy), begin: s.begin}, err
	}
	for _, step := range Steps() {
		if _, err = s.Do(ctx, step); err != nil {
			break
		}
	}
	return s, err
}

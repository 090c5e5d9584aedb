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
}

// Jobs pairs every drill with every proxy of the environment in which its cause exists.
func (env *Environment) Jobs(drills []scenario.Drill) []Job {
	var jobs []Job
	for _, p := range env.Proxies {
		for _, d := range drills {
			if d.On(p.Version) {
				jobs = append(jobs, Job{d, p})
			}
		}
	}
	return jobs
}

// RunAll runs jobs, procs at a time, and calls done after each, never at the same
// time. When ctx ends, what runs is cleaned up, the rest is not begun, and the context's error is returned.
func (env *Environment) RunAll(ctx context.Context, jobs []Job, procs int, done func(*Session, error)) error {
	queue := make(chan Job)
	var mu sync.Mutex
	var errs []error
	var wg sync.WaitGroup
	for range max(procs, 1) {
		wg.Go(func() {
			for j := range queue {
				s, err := env.Run(ctx, j.Drill, j.Proxy)
				mu.Lock()
				if ctx.Err() == nil {
					done(s, err)
					errs = append(errs, err)
				}
				mu.Unlock()
			}
		})
	}
	feed(ctx, jobs, queue)
	wg.Wait()
	return errors.Join(append(errs, ctx.Err())...)
}

func feed(ctx context.Context, jobs []Job, queue chan<- Job) {
	defer close(queue)
	for _, j := range jobs {
		select {
		case queue <- j:
		case <-ctx.Done():
			return
		}
	}
}

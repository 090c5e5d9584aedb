package probe

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

const (
	idleFirst = 50 * time.Millisecond
	// idleCap lies beyond the 5 s for which uvicorn and Node keep a connection; newer
	// versions of Node add a second.
	idleCap = 7 * time.Second
)

// idle finds out how long the backend keeps an idle connection. It opens one connection
// for each step at once, and asks a second time on each when its step is over. A
// connection that the backend closes before tells the time exactly; the first failure
// ends all longer steps.
func (a *asker) idle(ctx context.Context) *evidence.Idle {
	r := &idleRun{asker: a, out: &evidence.Idle{}}
	var contexts []context.Context
	for _, step := range a.idleSteps() {
		stepCtx, cancel := context.WithCancel(ctx)
		defer cancel()
		contexts = append(contexts, stepCtx)
		r.steps = append(r.steps, idleStep{step, cancel})
	}
	var all sync.WaitGroup
	for i, s := range r.steps {
		all.Go(func() { r.step(contexts[i], s.after) })
	}
	all.Wait()
	for _, k := range r.kept {
		if r.out.Failed == 0 || k < r.out.Failed {
			r.out.Kept = max(r.out.Kept, k)
		}
	}
	if r.out.Kept == 0 && r.out.Failed == 0 {
		return nil
	}
	return r.out
}

// idleSteps double up to 7 s, or the question's Wait if that is shorter. A FastCGI process serves one
// connection and no other while it is open, so there the steps are fewer.
func (a *asker) idleSteps() []time.Duration {
	factor := time.Duration(2)
	if a.q.Target.Protocol == "fastcgi" {
		factor = 8
	}
	var out []time.Duration
	for step := idleFirst; step < a.idleCap; step *= factor {
		out = append(out, step)
	}
	return append(out, a.idleCap)
}

type idleStep struct {
	after  time.Duration
	cancel context.CancelFunc
}

type idleRun struct {
	asker *asker
	steps []idleStep

	mu   sync.Mutex // guards kept and out
	kept []time.Duration
	out  *evidence.Idle
}

func (r *idleRun) step(ctx context.Context, step time.Duration) {
	w, f := r.asker.connect(ctx, &evidence.Probe{})
	if f != nil {
		return
	}
	defer w.close()
	if f, reusable := r.asker.exchange(w, &evidence.Probe{}); f != nil || !reusable {
		return
	}
	since := time.Now()
	f = w.rest(since.Add(step))
	lasted := time.Since(since)
	if f == nil {
		lasted = step
		f, _ = r.asker.exchange(w, &evidence.Probe{})
	}
	if ctx.Err() == nil {
		r.record(lasted, f)
	}
}

// rest waits on an idle connection. Nothing but its end can be read from it.
func (w *wire) rest(until time.Time) *failure {
	_ = w.SetDeadline(until)
	_, err := w.in.Peek(1)
	switch {
	case err == nil:
		return &failure{outcome: evidence.ClosedEarly} // a 408, say, and then the end
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil
	}
	return classify(evidence.ReadingHeader, err)
}

func (r *idleRun) record(lasted time.Duration, f *failure) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f == nil {
		r.kept = append(r.kept, lasted)
		return
	}
	if r.out.Failed == 0 || lasted < r.out.Failed {
		r.out.Failed, r.out.Outcome, r.out.Errno = lasted, f.outcome, f.errno
	}
	for _, s := range r.steps {
		if s.after > lasted {
			s.cancel()
		}
	}
}

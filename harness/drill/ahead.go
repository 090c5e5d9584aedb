package drill

import "context"

// ahead is a pod that is opened before it is needed: that of the next drill, or the one in which a host's policy is another. A
// policy holds from a process's start, so a remedy that changes it needs a proxy that is started anew.
type ahead struct {
	env    *Environment
	cancel context.CancelFunc
	done   chan struct{}
	pod    *Pod // set when done is closed
	err    error
}

// openAhead opens a pod for a later step: it does not end with the context of the one that asks for it.
func (env *Environment) openAhead(ctx context.Context, spec podSpec) *ahead {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a := &ahead{env: env, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(a.done)
		a.pod, a.err = env.open(ctx, spec)
	}()
	return a
}

// take waits for the pod and hands it over.
func (a *ahead) take() (*Pod, error) {
	<-a.done
	p := a.pod
	a.pod = nil
	return p, a.err
}

// close gives the pod back if nobody took it.
func (a *ahead) close(ctx context.Context) error {
	if a == nil {
		return nil
	}
	a.cancel()
	<-a.done
	if a.pod == nil {
		return nil
	}
	return a.env.giveBack(ctx, a.pod)
}

package drill

import (
	"context"
	"time"

	"github.com/badgateway/badgateway/containers"
	"github.com/badgateway/badgateway/harness/sidecar"
)

// ahead is a pod that starts before it is needed: that of the next drill, or the one in which a host's policy is another. A
// policy holds from a process's start, so a remedy that changes it needs a proxy that is started anew.
type ahead struct {
	cancel context.CancelFunc
	done   chan struct{}
	renew  context.CancelFunc // of its lease, until somebody takes it
	pod    *containers.Pod    // set when done is closed
	err    error
}

// startAhead starts a pod for a later step: it does not end with the context of the one that asks for it.
func (env *Environment) startAhead(ctx context.Context, spec containers.PodSpec) *ahead {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a := &ahead{cancel: cancel, done: make(chan struct{}), renew: func() {}}
	go func() {
		defer close(a.done)
		if a.pod, a.err = env.engine.StartPod(ctx, spec); a.err == nil {
			a.renew = renew(sidecar.NewClient(a.pod.Control, a.pod.Token))
		}
	}()
	return a
}

// take waits for the pod and hands it over.
func (a *ahead) take() (*containers.Pod, error) {
	<-a.done
	a.renew()
	pod := a.pod
	a.pod = nil
	return pod, a.err
}

// close removes the pod if nobody took it.
func (a *ahead) close(ctx context.Context) error {
	if a == nil {
		return nil
	}
	a.cancel()
	<-a.done
	a.renew()
	if a.pod == nil {
		return nil
	}
	return a.pod.Close(ctx)
}

// renew keeps a pod alive until stop is called, which ends the conversation.
func renew(client *sidecar.Client) (stop context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		tick := time.NewTicker(lease / 4)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				client.Renew(ctx)
			}
		}
	}()
	return func() {
		cancel()
		client.Close()
	}
}

package drill

import (
	"context"

	"github.com/badgateway/badgateway/containers"
)

// spare is a pod that starts ahead of need. A host's policy holds from a process's start, so a
// remedy that changes it needs a proxy that is started anew; by then this one is up.
type spare struct {
	cancel context.CancelFunc
	done   chan struct{}
	pod    *containers.Pod // set when done is closed
	err    error
}

func (s *Session) ahead(ctx context.Context) *spare {
	if s.env.Keep {
		return nil
	}
	// It is started for a later step, so it must not end with the one that asks for it.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	sp := &spare{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(sp.done)
		sp.pod, sp.err = s.env.engine.StartPod(ctx, s.spec(false))
	}()
	return sp
}

// take waits for the pod and hands it over.
func (sp *spare) take() (*containers.Pod, error) {
	<-sp.done
	pod := sp.pod
	sp.pod = nil
	return pod, sp.err
}

// close removes the pod if nobody took it.
func (sp *spare) close(ctx context.Context) error {
	if sp == nil {
		return nil
	}
	sp.cancel()
	<-sp.done
	if sp.pod == nil {
		return nil
	}
	return sp.pod.Close(ctx)
}

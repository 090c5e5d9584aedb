package drill

import (
	"context"
	"errors"
	"sync"

	"github.com/badgateway/badgateway/containers"
)

// pool keeps the pods that no drill is in. A proxy starts anew for each drill, with a file system of its own; namespaces and
// sidecar stay, which is more than half of what a pod costs.
type pool struct {
	mu     sync.Mutex
	idle   []*Pod // guarded by mu
	closed bool   // guarded by mu
}

// podSpec is the pod that a drill needs.
type podSpec struct {
	containers.PodSpec
	proxy containers.ProxySpec
}

// open starts a proxy in a pod that is idle, or in a new one. One with settings of its own is never idle.
func (env *Environment) open(ctx context.Context, spec podSpec) (p *Pod, err error) {
	again := !spec.Keep && spec.Publish == 0 && len(spec.Sysctls) == 0
	if again {
		p = env.pool.take()
	}
	if p == nil {
		if p, err = env.start(ctx, spec.PodSpec); err != nil {
			return nil, err
		}
		p.again = again
	}
	if err := p.StartProxy(ctx, spec.proxy); err != nil {
		return nil, errors.Join(err, p.Close(context.WithoutCancel(ctx)))
	}
	return p, nil
}

// giveBack empties a pod for another drill. One that does not become as it was at its start is removed.
func (env *Environment) giveBack(ctx context.Context, p *Pod) error {
	if !p.again {
		return p.Close(ctx)
	}
	if err := p.Empty(ctx); err != nil {
		return errors.Join(err, p.Close(ctx))
	}
	if err := p.Client.Reset(ctx); err != nil {
		env.engine.Logf("a pod is not used again: %v", err)
		return p.Close(ctx)
	}
	if !env.pool.put(p) {
		return p.Close(ctx)
	}
	return nil
}

// take returns the pod that became idle last, nil when there is none.
func (l *pool) take() *Pod {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.idle) == 0 {
		return nil
	}
	last := len(l.idle) - 1
	p := l.idle[last]
	l.idle = l.idle[:last]
	return p
}

// put tells whether the pool took the pod.
func (l *pool) put(p *Pod) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.idle = append(l.idle, p)
	}
	return !l.closed
}

// close removes the idle pods, and takes none any more.
func (l *pool) close(ctx context.Context) error {
	l.mu.Lock()
	idle := l.idle
	l.idle, l.closed = nil, true
	l.mu.Unlock()
	var wg sync.WaitGroup
	errs := make([]error, len(idle))
	for i, p := range idle {
		wg.Go(func() { errs[i] = p.Close(ctx) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

package drill

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/badgateway/badgateway/containers"
)

// pool keeps the pods that no drill is in, each with its proxy: starting containers is most of what
// a drill costs.
type pool struct {
	mu     sync.Mutex
	idle   []*Pod // guarded by mu; the one that became idle last is the last
	closed bool   // guarded by mu
}

// spareIdle is how many pods are kept idle although their proxy is not the one that is asked for.
const spareIdle = 4

// podSpec is the pod that a drill needs.
type podSpec struct {
	containers.PodSpec
	proxy    containers.ProxySpec
	backends []string // images of real ones; a pod that has containers of them is taken rather than another
	anew     bool     // the proxy must have been started for this drill
}

// open takes a pod that is idle, or starts one. One with settings of its own is never idle.
func (env *Environment) open(ctx context.Context, spec podSpec) (p *Pod, err error) {
	again := !spec.Keep && spec.Publish == 0 && len(spec.Sysctls) == 0
	if again {
		if p = env.pool.take(spec); p != nil {
			return env.exchange(ctx, p, spec)
		}
	}
	if p, err = env.start(ctx, spec.PodSpec); err != nil {
		return nil, err
	}
	p.again = again
	return p.with(ctx, spec.proxy)
}

// exchange gives a pod the proxy that is asked for, if it has another.
func (env *Environment) exchange(ctx context.Context, p *Pod, spec podSpec) (*Pod, error) {
	if p.proxy == spec.proxy && !spec.anew {
		return p, nil
	}
	p.free = nil
	if err := p.Empty(ctx); err != nil {
		return nil, errors.Join(err, p.Close(context.WithoutCancel(ctx)))
	}
	if err := p.Client.Reset(ctx); err != nil {
		return nil, errors.Join(err, p.Close(context.WithoutCancel(ctx)))
	}
	return p.with(ctx, spec.proxy)
}

// with starts the proxy of a pod that has none. With an error the pod is closed.
func (p *Pod) with(ctx context.Context, proxy containers.ProxySpec) (*Pod, error) {
	p.begun = time.Now()
	if err := p.StartProxy(ctx, proxy); err != nil {
		return nil, errors.Join(err, p.Close(context.WithoutCancel(ctx)))
	}
	p.proxy = proxy
	return p, nil
}

// giveBack makes a pod as it was for another drill. One that does not become so is removed.
func (env *Environment) giveBack(ctx context.Context, p *Pod) error {
	if !p.again {
		return p.Close(ctx)
	}
	if err := p.removeLimited(ctx); err != nil {
		return errors.Join(err, p.Close(ctx))
	}
	if err := p.Client.Reset(ctx); err != nil {
		env.engine.Statusf("a pod is not used again: %v", err)
		return p.Close(ctx)
	}
	p.free, p.used = append(p.free, p.used...), nil
	if !env.pool.put(p) {
		return p.Close(ctx)
	}
	return nil
}

// container returns a container for a real backend: one in which nothing runs, or a new one. One
// with a limit of memory is never used again: the kernel counts in it what it killed.
func (p *Pod) container(ctx context.Context, image string, memory int64) (*containers.Backend, error) {
	for i, c := range p.free {
		if c.Spec.Image == image && memory == 0 {
			p.free = slices.Delete(p.free, i, i+1)
			p.used = append(p.used, c)
			return c, nil
		}
	}
	p.made++
	c, err := p.StartBackend(ctx, containers.BackendSpec{Name: strconv.Itoa(p.made), Image: image, Memory: memory})
	if err == nil {
		p.used = append(p.used, c)
	}
	return c, err
}

// remove removes a container for a real backend.
func (p *Pod) remove(ctx context.Context, c *containers.Backend) error {
	p.used = slices.DeleteFunc(p.used, func(other *containers.Backend) bool { return other == c })
	return c.Remove(ctx)
}

// removeLimited removes those containers that have a limit of memory.
func (p *Pod) removeLimited(ctx context.Context) error {
	var errs []error
	for _, c := range slices.Clone(p.used) {
		if c.Spec.Memory > 0 {
			errs = append(errs, p.remove(ctx, c))
		}
	}
	return errors.Join(errs...)
}

// take returns an idle pod, nil when a new one is to be started: of those with such a proxy one
// that has the backends, and became idle last; or, when many are idle, that which was idle longest.
func (l *pool) take(spec podSpec) *Pod {
	l.mu.Lock()
	defer l.mu.Unlock()
	best, most := -1, -1
	for i, p := range slices.Backward(l.idle) {
		if n := p.has(spec.backends); p.proxy == spec.proxy && n > most {
			best, most = i, n
		}
	}
	if best < 0 && len(l.idle) <= spareIdle {
		return nil
	}
	best = max(best, 0)
	p := l.idle[best]
	l.idle = slices.Delete(l.idle, best, best+1)
	return p
}

// has counts for how many of these images the pod has a container in which nothing runs.
func (p *Pod) has(images []string) (n int) {
	for _, c := range p.free {
		if slices.Contains(images, c.Spec.Image) {
			n++
		}
	}
	return n
}

// put reports whether the pool took the pod.
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

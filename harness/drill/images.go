package drill

import (
	"context"
	"errors"
	"sync"

	"github.com/badgateway/badgateway/containers"
	"github.com/badgateway/badgateway/harness/scenario"
)

// images are those that an environment's drills need, by reference.
type images struct {
	all    map[string]*containers.Pending // fixed when Setup returns
	cancel context.CancelFunc

	mu      sync.Mutex
	arrival chan struct{} // guarded by mu; closed and made anew when an image is there, or cannot be had
}

// Ready reports whether a job has no image to wait for: all that its drill needs are there, or one cannot be had.
func (env *Environment) Ready(j Job) bool {
	for _, ref := range env.needs(j) {
		select {
		case <-env.images.all[ref].Done():
		default:
			return false
		}
	}
	return true
}

// Await waits until the images that a job needs are there. The error says which one cannot be had.
func (env *Environment) Await(ctx context.Context, j Job) error {
	return env.images.await(ctx, env.needs(j)...)
}

// Arrival returns a channel that is closed when the next image is there, or cannot be had. Who takes it before asking
// Ready misses none.
func (env *Environment) Arrival() <-chan struct{} {
	env.images.mu.Lock()
	defer env.images.mu.Unlock()
	return env.images.arrival
}

// needs lists the references of the images that a job's drill needs.
func (env *Environment) needs(j Job) []string {
	refs := []string{j.Proxy.Image}
	for _, kind := range scenario.Backends([]scenario.Drill{j.Drill}) {
		refs = append(refs, env.Backends[kind])
	}
	return refs
}

// add makes an image one of those that the environment has.
func (m *images) add(p *containers.Pending) {
	if m.all == nil {
		m.all, m.arrival = map[string]*containers.Pending{}, make(chan struct{})
	}
	m.all[p.Ref] = p
	go func() {
		<-p.Done()
		m.mu.Lock()
		defer m.mu.Unlock()
		close(m.arrival)
		m.arrival = make(chan struct{})
	}()
}

func (m *images) await(ctx context.Context, refs ...string) error {
	for _, ref := range refs {
		if _, err := m.all[ref].Wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// awaitAll waits for every image, whether another can be had or not.
func (m *images) awaitAll(ctx context.Context) error {
	var errs []error
	for ref := range m.all {
		errs = append(errs, m.await(ctx, ref))
	}
	return errors.Join(errs...)
}

// close ends the work on images and waits until it has left nothing.
func (m *images) close() {
	if m.cancel == nil {
		return
	}
	m.cancel()
	for _, p := range m.all {
		<-p.Done()
	}
}

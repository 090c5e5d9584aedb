package containers

import (
	"cmp"
	"context"
	"fmt"

	"github.com/moby/moby/client"
)

// Pending is an image that is there, or is being got.
type Pending struct {
	Ref  string // its reference, which is known before the image is there
	done chan struct{}
	err  error // set when done is closed
}

// Get finds an image that is present: one that was made here before, or the public one if it was pulled before. If there
// is none it begins to get it, from a registry or from Debian packages, and returns at once. The work ends with ctx. It is
// safe to call from several processes at once: one gets the image, the others wait for it.
func (e *Engine) Get(ctx context.Context, image Image) *Pending {
	p := &Pending{Ref: cmp.Or(image.Name, image.Public), done: make(chan struct{})}
	ref, err := e.local(ctx, image)
	if ref != "" || err != nil {
		p.Ref, p.err = cmp.Or(ref, p.Ref), err
		close(p.done)
		return p
	}
	go func() {
		defer close(p.done)
		p.err = e.getAs(ctx, p.Ref, image)
	}()
	return p
}

// getAs gets an image and gives it the reference that was foretold: a public one has another of its own.
func (e *Engine) getAs(ctx context.Context, ref string, image Image) error {
	got, err := e.once(ctx, ref, image, func() (string, error) { return e.fetch(ctx, image) })
	if err != nil || got == ref {
		return err
	}
	if _, err := e.docker.ImageTag(ctx, client.ImageTagOptions{Source: got, Target: ref}); err != nil {
		return fmt.Errorf("name image %s: %w", ref, err)
	}
	return nil
}

// Done returns a channel that is closed when the image is there, or cannot be had.
func (p *Pending) Done() <-chan struct{} { return p.done }

// Wait waits for the image and returns its reference.
func (p *Pending) Wait(ctx context.Context) (ref string, err error) {
	select {
	case <-p.done:
		return p.Ref, p.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

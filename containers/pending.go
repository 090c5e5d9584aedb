package containers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/client"
)

// Pending is an image that is there, or is being got.
type Pending struct {
	Ref    string // its reference, which is known before the image is there
	image  Image
	settle func(error)
	done   chan struct{}
	err    error // set when done is closed
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

func (p *Pending) settled() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Get finds an image that is present: one that was made here before, or the public one if it was pulled before. If there
// is none it begins to get it, from a registry or from Debian packages, and returns at once. The work ends with ctx. It is
// safe to call from several processes at once: one gets the image, the others wait for it. What is asked for first is built
// first; later builds run at the same time, at a lower priority.
func (e *Engine) Get(ctx context.Context, image Image) *Pending { return e.GetAll(ctx, image)[0] }

// GetAll gets several images as Get does each. Those that have to be built from the same Debian suite are built as one,
// with the packages of all, which is then the image of each.
func (e *Engine) GetAll(ctx context.Context, images ...Image) []*Pending {
	all := make([]*Pending, len(images))
	var finding sync.WaitGroup
	for i, image := range images {
		finding.Go(func() { all[i] = e.find(ctx, image) })
	}
	finding.Wait()
	var suites []string // in the order of the images
	groups := map[string][]*Pending{}
	for _, p := range all {
		if p.settled() {
			continue
		}
		suite := p.Ref // it is built with no other
		if p.image.Debian != nil {
			suite = p.image.Debian.Suite
		}
		if groups[suite] == nil {
			suites = append(suites, suite)
		}
		groups[suite] = append(groups[suite], p)
	}
	for _, suite := range suites {
		go e.getGroup(ctx, groups[suite], e.turns.take())
	}
	return all
}

func newPending(image Image) *Pending {
	p := &Pending{Ref: cmp.Or(image.Name, image.Public), image: image, done: make(chan struct{})}
	var once sync.Once
	p.settle = func(err error) { once.Do(func() { p.err = err; close(p.done) }) }
	return p
}

// find returns an image that is pending still if it is not present.
func (e *Engine) find(ctx context.Context, image Image) *Pending {
	p := newPending(image)
	ref, err := e.local(ctx, image)
	if ref != "" || err != nil {
		p.Ref = cmp.Or(ref, p.Ref)
		p.settle(err)
	}
	return p
}

// getGroup settles images that would be built as one. Each has a lock of its own among all processes; they are taken in the
// order of the names, so that nobody waits in a circle.
func (e *Engine) getGroup(ctx context.Context, group []*Pending, turn *turn) {
	defer turn.pass()
	settle := func(err error) {
		for _, p := range group {
			p.settle(err)
		}
	}
	slices.SortFunc(group, func(a, b *Pending) int { return strings.Compare(a.Ref, b.Ref) })
	for _, p := range group {
		unlock, err := lock(ctx, p.Ref)
		if err != nil {
			settle(err)
			return
		}
		defer unlock()
		if ref, err := e.local(ctx, p.image); ref != "" || err != nil {
			p.settle(errors.Join(err, e.name(ctx, ref, p.Ref)))
		}
	}
	settle(e.pullOrBuild(ctx, group, turn))
}

// pullOrBuild pulls what is in a registry and builds the rest. While a registry is silent the build goes on, and what comes
// first is taken. The error is that of the images that are not settled.
func (e *Engine) pullOrBuild(ctx context.Context, group []*Pending, turn *turn) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var pulls, late sync.WaitGroup
	why := make([]error, len(group))
	for i, p := range group {
		if p.settled() || p.image.Public == "" {
			continue
		}
		pulls.Go(func() {
			var end <-chan error
			begin := time.Now()
			if end, why[i] = e.pull(ctx, p.image.Public); end == nil {
				e.pulled(ctx, p, why[i], begin)
				return
			}
			late.Go(func() {
				e.pulled(ctx, p, <-end, begin)
				if !slices.ContainsFunc(group, func(p *Pending) bool { return !p.settled() }) {
					cancel() // nobody needs the build
				}
			})
		})
	}
	pulls.Wait()
	err := e.buildRest(ctx, group, reasons(why), turn)
	if err == nil {
		cancel()
	}
	late.Wait()
	return err
}

// pulled settles an image if its pull went well.
func (e *Engine) pulled(ctx context.Context, p *Pending, err error, begin time.Time) {
	if err != nil {
		return
	}
	e.Logf("image %s: pulled in %s", p.image.Public, seconds(begin))
	p.settle(e.name(ctx, p.image.Public, p.Ref))
}

// buildRest builds what is not settled, as one. Why it was not pulled is for the person who waits.
func (e *Engine) buildRest(ctx context.Context, group []*Pending, why error, turn *turn) error {
	rest := slices.DeleteFunc(slices.Clone(group), (*Pending).settled)
	if len(rest) == 0 {
		return nil
	}
	image := union(rest)
	if image.Debian == nil {
		return fmt.Errorf("get image %s: not present locally, and %w", image.Name, why)
	}
	end, err := turn.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	begin := time.Now()
	if err := e.build(ctx, image, turn.first()); err != nil {
		return fmt.Errorf("build image %s: %w", image.Name, err)
	}
	text := fmt.Sprintf("image %s: built from Debian %s in %s", names(rest), image.Debian.Suite, seconds(begin))
	if why != nil {
		text += " (" + oneLine(why) + ")"
	}
	e.Statusf("")
	e.Logf("%s", text)
	for _, p := range rest {
		if !p.settled() {
			p.settle(e.name(ctx, image.Name, p.Ref))
		}
	}
	return nil
}

// reasons joins errors, each but once.
func reasons(all []error) error {
	var once []error
	for _, err := range all {
		if err != nil && !slices.ContainsFunc(once, func(e error) bool { return e.Error() == err.Error() }) {
			once = append(once, err)
		}
	}
	return errors.Join(once...)
}

// names are those of a group, "badgateway/gunicorn:trixie, node and uwsgi".
func names(group []*Pending) string {
	text := group[0].Ref
	for i, p := range group[1:] {
		separator := ", "
		if i == len(group)-2 {
			separator = " and "
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(p.Ref, ownNames), ":")
		text += separator + name
	}
	return text
}

func seconds(since time.Time) string { return fmt.Sprintf("%.0f s", time.Since(since).Seconds()) }

// name gives an image the reference that was foretold.
func (e *Engine) name(ctx context.Context, ref, foretold string) error {
	if ref == "" || ref == foretold {
		return nil
	}
	if _, err := e.docker.ImageTag(ctx, client.ImageTagOptions{Source: ref, Target: foretold}); err != nil {
		return fmt.Errorf("name image %s: %w", foretold, err)
	}
	return nil
}

// Package apply carries out the edits of a remedy on the machine on which the proxy runs: it
// writes them, has the proxy test and load them, watches, and puts everything back as it was when
// one of that goes wrong. It executes nothing but the two commands that it is given.
package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/edit"
	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// Options say how to carry out edits. Test, Reload and Say are needed.
type Options struct {
	// Root is the proxy's file system, "/proc/PID/root" of one in a container; "" means "/".
	Root   string
	Test   Command
	Reload Command
	// Watch looks on after the reload and returns what went wrong, nil when nothing did. Its context
	// ends when the user interrupts. nil does not look.
	Watch func(context.Context) error
	// InPlace writes into the file that is there instead of replacing it: for a file that is
	// mounted into a container by itself, where a new file would not be seen. It is not atomic.
	InPlace bool
	// Say takes each step that is done, one line each.
	Say func(step, format string, args ...any)
	Now func() time.Time // for the names of backups; nil means time.Now
}

// Command is one command with its words for people.
type Command struct {
	Text string
	Run  func(context.Context) error
}

// Errors by which a caller decides. RolledBack wraps the reason; everything is as it was then.
var (
	ErrChanged = errors.New("changed since it was read; diagnose again")
	ErrApplied = errors.New("holds the edits already")
	// ErrStuck says that not everything could be put back: what the proxy runs is not what it ran before.
	ErrStuck = errors.New("could not roll back")
)

// RolledBack says that the edits were taken back, and why.
type RolledBack struct{ Why error }

func (e *RolledBack) Error() string { return "rolled back: " + e.Why.Error() }
func (e *RolledBack) Unwrap() error { return e.Why }

// Plan is a number of edits that fit the files as they stand.
type Plan struct {
	opts    Options
	changes []*change
}

// Prepare looks whether the edits fit: each file must hold what was read of it. The error wraps
// ErrApplied where all files hold the edits already, ErrChanged where one holds something else, or is the kernel's.
func Prepare(files []evidence.File, edits []diagnoser.Edit, opts Options) (*Plan, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	p := &Plan{opts: opts}
	applied := 0
	for _, f := range files {
		after, err := Edited(f, edits)
		if err != nil {
			return nil, err
		}
		if after == f.Text {
			continue
		}
		c, err := newChange(opts.Root, f.Path, []byte(f.Text), []byte(after))
		if err != nil {
			return nil, err
		}
		if c.done {
			applied++
			continue
		}
		p.changes = append(p.changes, c)
	}
	switch {
	case len(p.changes) == 0 && applied > 0:
		return nil, fmt.Errorf("the configuration %w", ErrApplied)
	case len(p.changes) == 0:
		return nil, errors.New("no file of the configuration is edited")
	}
	return p, nil
}

// Edited returns a file's text with its edits carried out.
func Edited(f evidence.File, edits []diagnoser.Edit) (string, error) {
	var own []edit.Edit
	for _, e := range edits {
		if e.File == f.Path {
			own = append(own, edit.Edit(e))
		}
	}
	return edit.Apply(f.Text, own)
}

// Paths are the files that Run will change, symbolic links followed.
func (p *Plan) Paths() (all []string) {
	for _, c := range p.changes {
		all = append(all, c.real)
	}
	return all
}

// Run writes, tests, reloads and watches. When any of that fails or ctx ends, it puts everything
// back, reloads again if it had reloaded, and returns a *RolledBack. Another error says that
// nothing was changed, or, worst, that a file could not be put back: it names the backup.
func (p *Plan) Run(ctx context.Context) error {
	if err := p.write(); err != nil {
		return p.undo(ctx, err, untouched)
	}
	if err := p.step(ctx, "test", p.opts.Test); err != nil {
		return p.undo(ctx, err, untouched)
	}
	if err := p.step(ctx, "reload", p.opts.Reload); err != nil {
		return p.undo(ctx, err, told)
	}
	if p.opts.Watch == nil {
		return nil
	}
	err := p.opts.Watch(ctx)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		p.opts.Say("watch", "failed: %v", err)
		return p.undo(ctx, fmt.Errorf("watch: %w", err), reloaded)
	}
	return nil
}

// What the proxy knows of the edits.
const (
	untouched = iota
	told      // a reload was tried and failed: it may run the former configuration all the same
	reloaded
)

// write puts all files in place.
func (p *Plan) write() error {
	stamp := p.opts.Now().UTC().Format("20060102T150405.000Z")
	for _, c := range p.changes {
		if err := c.write(stamp, p.opts.InPlace); err != nil {
			return err
		}
		p.opts.Say("backup", "%s", c.backup)
		p.opts.Say("write", "%s", c.real)
	}
	return nil
}

func (p *Plan) step(ctx context.Context, name string, c Command) error {
	err := c.Run(ctx)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		p.opts.Say(name, "%s: failed: %v", c.Text, err)
		return fmt.Errorf("%s: %w", c.Text, err)
	}
	p.opts.Say(name, "%s: ok", c.Text)
	return nil
}

// undo puts back what was written, whatever the context says.
func (p *Plan) undo(ctx context.Context, why error, proxy int) error {
	ctx = context.WithoutCancel(ctx)
	var errs []error
	written := false
	for _, c := range slices.Backward(p.changes) {
		if !c.written {
			continue
		}
		written = true
		if err := c.restore(p.opts.InPlace); err != nil {
			errs = append(errs, fmt.Errorf("put %s back: %w; its former text is in %s", c.real, err, c.backup))
			continue
		}
		p.opts.Say("restore", "%s", c.real)
	}
	if !written {
		return why
	}
	if proxy != untouched && len(errs) == 0 {
		if err := p.step(ctx, "reload", p.opts.Reload); err != nil && proxy == reloaded {
			errs = append(errs, fmt.Errorf("the files are as before, but the proxy runs the edited ones: %w", err))
		}
	}
	if len(errs) > 0 {
		return fmt.Errorf("%w: %w (after: %w)", ErrStuck, errors.Join(errs...), why)
	}
	return &RolledBack{why}
}

package simulator

import (
	"fmt"
	"slices"
)

// effect acts on the output of the script it stands in, at a mark.
type effect struct {
	origin Step // for the place of errors
	at     Mark
	// apply rewrites the actions; offset is the mark's place in the raw stream.
	apply func(b *builder, offset int64) error
	cuts  bool // applied after all others
}

// program is a compiled script for one variant of request.
type program struct {
	actions  []action
	closes   bool // the response ends with the connection
	upgrades bool // the answer depends on the request's WebSocket key
	ended    bool // the script ends the connection itself
	plain    bool // nothing but the request's body is waited for, and the connection is kept
}

// build compiles a script.
func (b *builder) build(s Script) (*program, error) {
	b.readsAlone = s.reads()
	if err := b.steps(s); err != nil {
		return nil, err
	}
	b.endStream()
	slices.SortStableFunc(b.effects, func(x, y effect) int { return b2i(x.cuts) - b2i(y.cuts) })
	for _, e := range b.effects {
		offset, err := b.out.resolve(e.at)
		if err != nil {
			return nil, at(e.origin, err)
		}
		if err := e.apply(b, offset); err != nil {
			return nil, at(e.origin, err)
		}
	}
	actions := joinAll(b.actions)
	plain := !b.closes && !b.upgraded && isPlain(actions)
	return &program{actions: actions, closes: b.closes, upgrades: b.upgraded, ended: b.ended != "", plain: plain}, nil
}

// reads tells whether the script says itself what is read of the request.
func (s Script) reads() bool {
	return slices.ContainsFunc(s, func(step Step) bool {
		step = unwrap(step)
		if l, ok := step.(loop); ok {
			return l.Script.reads()
		}
		_, ok := step.(reads)
		return ok
	})
}

func b2i(v bool) int {
	if v {
		return 1
	}
	return 0
}

func (b *builder) steps(s Script) error {
	for _, step := range s {
		if b.ended != "" {
			return at(step, fmt.Errorf("nothing can follow %s, which ends the connection", b.ended))
		}
		b.current = step
		b.budget.spend(0)
		if err := step.compile(b); err != nil {
			return at(step, err)
		}
		if err := b.budget.check(); err != nil {
			return at(step, err)
		}
	}
	if b.nested {
		b.flushHead()
	}
	return nil
}

// split divides the actions at a raw offset. What is done at that very offset
// belongs to the second half, but for what comes before any output.
func split(actions []action, offset int64) (before, after []action) {
	at := int64(0)
	for i, a := range actions {
		size := a.seg.size
		if at == offset && (offset > 0 || size > 0) {
			return slices.Clone(actions[:i]), actions[i:]
		}
		if at+size > offset {
			head, tail := a, a
			head.seg, tail.seg = a.seg.slice(0, offset-at), a.seg.slice(offset-at, size)
			return append(slices.Clone(actions[:i]), head), append([]action{tail}, actions[i+1:]...)
		}
		at += size
	}
	return slices.Clone(actions), nil
}

// joinAll merges neighboring pieces of output, so that a usual response is one write.
func joinAll(actions []action) []action {
	var out []action
	for _, a := range actions {
		if a.run != nil {
			out = append(out, a)
			continue
		}
		if n := len(out); n == 0 || out[n-1].run != nil || out[n-1].slow != a.slow {
			out = append(out, action{out: []segment{a.seg}, slow: a.slow})
			continue
		}
		list := &out[len(out)-1].out
		last := &(*list)[len(*list)-1]
		if joined, ok := join(*last, a.seg); ok {
			*last = joined
		} else {
			*list = append(*list, a.seg)
		}
	}
	for i := range out {
		if slow := out[i].slow; slow != nil {
			pieces := out[i].out
			out[i].step, out[i].run = "dribble", func(c *conn) error { return c.dribble(pieces, slow) }
		}
	}
	return out
}

package bench

import (
	"context"
	"fmt"
	"io"
	"slices"
)

// Run measures the groups one after the other: they must not disturb each other. It calls save
// whenever there is something new, so that nothing is lost of what was measured. When ctx ends,
// nothing more is begun.
func Run(ctx context.Context, chosen []Group, log io.Writer, save func(*Report)) *Report {
	r := &Report{Machine: ThisMachine(), Missing: []string{}}
	for _, g := range chosen {
		r.Missing = append(r.Missing, g.Name)
	}
	var pod *pod
	defer func() { pod.close() }()
	for _, g := range chosen {
		if ctx.Err() != nil {
			break
		}
		r.Parts = append(r.Parts, Part{Group: g, Sheet: Sheet{Group: g.Name}})
		part := &r.Parts[len(r.Parts)-1]
		part.Sheet.hear = func(n news) {
			n.print(log, g.Name)
			save(r)
		}
		fmt.Fprintf(log, "%s: begins\n", g.Name)
		part.Err = part.measure(ctx, &pod)
		if ctx.Err() != nil {
			break
		}
		r.Missing = slices.DeleteFunc(r.Missing, func(name string) bool { return name == g.Name })
		fmt.Fprintf(log, "%s: %d rows\n", g.Name, len(part.Sheet.Rows))
	}
	r.Interrupted = ctx.Err() != nil
	save(r)
	return r
}

// measure runs the group, where it belongs. The pod is started for the first group that needs it.
func (p *Part) measure(ctx context.Context, shared **pod) (err error) {
	if !p.Group.Pod {
		return p.Group.Run(ctx, &p.Sheet)
	}
	if *shared == nil {
		if *shared, err = startPod(ctx); err != nil {
			return err
		}
	}
	return (*shared).measure(ctx, &p.Sheet)
}

// print tells people of the news.
func (n news) print(w io.Writer, group string) {
	switch {
	case n.Row != nil:
		fmt.Fprintln(w, n.Row.line())
	case n.Log != "":
		fmt.Fprintf(w, "%s: %s\n", group, n.Log)
	}
}

// Status is the exit status of a run: 0 all rows hold, 1 one does not, 3 something could not be
// measured, 130 the run was interrupted.
func (r *Report) Status() int {
	if r.Interrupted {
		return 130
	}
	status := 0
	for _, p := range r.Parts {
		if p.Err != nil {
			return 3
		}
		for _, row := range p.Sheet.Rows {
			if !row.Holds {
				status = 1
			}
		}
	}
	return status
}

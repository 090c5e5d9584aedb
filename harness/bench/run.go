package bench

import (
	"context"
	"fmt"
	"io"
)

// Run measures the groups one after the other: they must not disturb each other.
func Run(ctx context.Context, chosen []Group, log io.Writer) *Report {
	r := &Report{Machine: ThisMachine()}
	var pod *pod
	defer func() { pod.close() }()
	for _, g := range chosen {
		if ctx.Err() != nil {
			break
		}
		part := Part{Group: g, Sheet: Sheet{Group: g.Name, Log: log}}
		switch {
		case !g.Pod:
			part.Err = g.Run(ctx, &part.Sheet)
		case pod == nil:
			if pod, part.Err = startPod(ctx); part.Err != nil {
				break
			}
			fallthrough
		default:
			part.Err = pod.measure(ctx, &part.Sheet)
		}
		r.Parts = append(r.Parts, part)
		fmt.Fprintf(log, "%s: %d rows\n", g.Name, len(part.Sheet.Rows))
	}
	return r
}

// Status is the exit status of a run: 0 all rows hold, 1 one does not, 3 something could not be measured.
func (r *Report) Status() int {
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

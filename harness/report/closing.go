package report

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/badgateway/badgateway/harness/drill"
)

// Run is what is to be known of a run of drills as a whole.
type Run struct {
	Drills      int       `json:"drills"`      // that were to be run
	Interrupted bool      `json:"interrupted"` // before all of them were
	Began       time.Time `json:"began"`
	Seconds     float64   `json:"seconds"` // from the first drill's begin to the last one's end; 0 is not known
}

// slowest is how many drills the closing summary names.
const slowest = 3

// Closing prints the end of a run, for 80 columns: how many drills came to what, which were
// slowest, where the report is.
func Closing(w io.Writer, run Run, results []drill.Result, dir string) {
	c := Count(results)
	fmt.Fprintln(w)
	if text := incomplete(run, c); text != "" {
		fmt.Fprintln(w, text)
	}
	text := c.String()
	if run.Seconds > 0 {
		text += " in " + took(time.Duration(run.Seconds*float64(time.Second)))
	}
	fmt.Fprintln(w, text)
	if c.Alone > 0 {
		fmt.Fprintln(w, c.alone())
	}
	list := slices.Clone(results)
	slices.SortStableFunc(list, func(a, b drill.Result) int { return cmp.Compare(b.Seconds, a.Seconds) })
	if len(list) > slowest { // a few are all in sight
		for i, r := range list[:slowest] {
			name, seconds := []string{"slowest", "", ""}[i], fmt.Sprintf("%.1f s", r.Seconds)
			fmt.Fprintf(w, "%-9s%7s  %s\n", name, seconds, fit(r.Name(), 80-18))
		}
	}
	fmt.Fprintln(w, "report   "+path.Join(dir, PageName))
}

// incomplete says that a run is not all; empty if it is.
func incomplete(run Run, c Counts) string {
	switch {
	case run.Interrupted:
		return fmt.Sprintf("interrupted: %d of %s were run", c.All(), counted(run.Drills, "drill", "drills"))
	case c.All() < run.Drills:
		return fmt.Sprintf("only %d of %s were run", c.All(), counted(run.Drills, "drill", "drills"))
	}
	return ""
}

// String is "264 passed, 1 failed, 1 inconclusive (of 266)".
func (c Counts) String() string {
	parts := []string{fmt.Sprintf("%d passed", c.Passed), fmt.Sprintf("%d failed", c.Failed)}
	if c.Inconclusive > 0 {
		parts = append(parts, fmt.Sprintf("%d inconclusive", c.Inconclusive))
	}
	return fmt.Sprintf("%s (of %d)", strings.Join(parts, ", "), c.All())
}

// alone says how many drills were run once more.
func (c Counts) alone() string {
	return counted(c.Alone, "drill was", "drills were") + " disturbed and decided when run alone"
}

func counted(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// Again prints the end of a run that is over: with all a row for each drill, then those that did
// not pass, and the closing summary.
func Again(w io.Writer, run Run, results []drill.Result, dir string, all bool) {
	if all {
		Table(w, results)
	}
	for _, r := range results {
		if r.Verdict != drill.Passed {
			Failure(w, r, dir, 80)
		}
	}
	Closing(w, run, results, dir)
}

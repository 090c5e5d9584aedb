package report

import (
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/badgateway/badgateway/harness/drill"
)

// Counts are how many drills came to each verdict.
type Counts struct {
	Passed, Failed, Inconclusive int
	Alone                        int // of all: those that were decided when they were run once more, alone
}

// Count counts results by their verdicts.
func Count(results []drill.Result) (c Counts) {
	for _, r := range results {
		c.Add(r)
	}
	return c
}

// Add counts one result more.
func (c *Counts) Add(r drill.Result) {
	switch r.Verdict {
	case drill.Passed:
		c.Passed++
	case drill.Inconclusive:
		c.Inconclusive++
	default:
		c.Failed++
	}
	if r.First != nil && r.Verdict != drill.Inconclusive {
		c.Alone++
	}
}

// All is the sum.
func (c Counts) All() int { return c.Passed + c.Failed + c.Inconclusive }

// Anchor is where in the page a drill is: PageName#ANCHOR.
func Anchor(r drill.Result) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("._-", c) {
			return c
		}
		return '-'
	}, r.Name())
}

// bad are the words for a drill that did not pass.
func bad(v drill.Verdict) string {
	if v == drill.Inconclusive {
		return "INCONCLUSIVE"
	}
	return "FAILED"
}

// reason are three lines of a drill that did not pass: what it was, what was wanted, what came
// instead. They are those of the first mismatch; more is how many others there are.
func reason(r drill.Result) (lines []string, more int) {
	m := drill.Mismatch{Want: "a drill that is carried out", Got: "one that ended early"}
	switch {
	case len(r.Mismatches) > 0:
		m = r.Mismatches[0]
	case r.Disturbed != "": // it did as declared, but what was seen decides nothing
		m.Want, m.Got = "a machine that keeps time", r.Disturbed
		if step, rest, ok := strings.Cut(r.Disturbed, ": "); ok {
			m.Step, m.Got = step, rest
		}
	}
	what := bad(r.Verdict) + " " + r.Name()
	if m.Step != "" {
		what += ": " + m.Step
	}
	return []string{what, "want " + m.Want, "got  " + m.Got}, max(0, len(r.Mismatches)-1)
}

// Failure prints a drill that did not pass in lines of so many columns: the three of its reason,
// why it is inconclusive if it is, and where in the report of the directory the rest is.
func Failure(w io.Writer, r drill.Result, dir string, columns int) {
	lines, more := reason(r)
	for i, line := range lines {
		indent := ""
		if i > 0 {
			indent = "     "
		}
		fmt.Fprintln(w, indent+fit(line, columns-len(indent)))
	}
	if r.Verdict == drill.Inconclusive && len(r.Mismatches) > 0 {
		fmt.Fprintln(w, "     "+fit(r.Disturbed, columns-5))
	}
	fmt.Fprintln(w, "     "+rest(r, dir, more))
}

// rest is where more is to be read. It is never shortened: it is there to be followed.
func rest(r drill.Result, dir string, more int) string {
	text := path.Join(dir, PageName) + "#" + Anchor(r)
	if more > 0 {
		return fmt.Sprintf("and %d more: %s", more, text)
	}
	return text
}

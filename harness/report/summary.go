package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/harness/drill"
)

// Summary writes a page of Markdown: the count, what did not pass and why, and a table cause × version.
func Summary(w io.Writer, run Run, results []drill.Result) error {
	var b strings.Builder
	c := Count(results)
	fmt.Fprintf(&b, "## badgateway: %s\n", c)
	if text := incomplete(run, c); text != "" {
		fmt.Fprintf(&b, "\n**%s**\n", text)
	}
	if c.Passed < c.All() {
		b.WriteString("\n| drill | verdict | why |\n| --- | --- | --- |\n")
		for _, r := range results {
			if r.Verdict != drill.Passed {
				fmt.Fprintf(&b, "| %s | %s | %s |\n", cell(r.Name()), r.Verdict, cell(why(r)))
			}
		}
	}
	if c.Alone > 0 {
		fmt.Fprintf(&b, "\n%s.\n", c.alone())
	}
	tally(&b, results)
	_, err := io.WriteString(w, b.String())
	return err
}

// why is what is to be said of a drill that did not pass.
func why(r drill.Result) string {
	parts := []string{r.Disturbed, r.Mismatches.String()}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}

// tally is the table of passed/all, a row for each cause.
func tally(b *strings.Builder, results []drill.Result) {
	type count struct{ passed, all int }
	counts := map[[2]string]*count{}
	var causes, versions []string
	for _, r := range results {
		key := [2]string{r.Cause, r.Version}
		if counts[key] == nil {
			counts[key] = &count{}
		}
		counts[key].all++
		if r.Verdict == drill.Passed {
			counts[key].passed++
		}
		causes, versions = append(causes, r.Cause), append(versions, r.Version)
	}
	causes, versions = unique(causes), unique(versions)
	fmt.Fprintf(b, "\n| cause | %s |\n| --- |%s\n", strings.Join(versions, " | "), strings.Repeat(" --- |", len(versions)))
	for _, cause := range causes {
		fmt.Fprintf(b, "| %s |", cell(cause))
		for _, version := range versions {
			if c := counts[[2]string{cause, version}]; c != nil {
				fmt.Fprintf(b, " %d/%d |", c.passed, c.all)
			} else {
				b.WriteString("  |")
			}
		}
		b.WriteString("\n")
	}
}

// cell keeps text inside its cell of a Markdown table, and Markdown and HTML out of it.
func cell(s string) string {
	return strings.NewReplacer("\\", "\\\\", "|", "\\|", "\n", " ", "\r", " ", "<", "&lt;", "`", "\\`", "[", "\\[", "*", "\\*", "_", "\\_").Replace(s)
}

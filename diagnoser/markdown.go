package diagnoser

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// WriteMarkdown writes the report as a note for an incident: a summary, then each
// finding with evidence, diff and commands. Text of logs and files stands in fences
// that it cannot end, and is escaped elsewhere. The error is the writer's.
func (r *Report) WriteMarkdown(w io.Writer) error {
	m := &markdown{bufio.NewWriter(w)}
	fmt.Fprintf(m, "# Diagnosis\n\n")
	if len(r.Findings) == 0 {
		fmt.Fprintf(m, "No upstream failure found.\n\n")
	}
	for _, f := range r.Findings {
		fmt.Fprintf(m, "- %s\n", escapeMarkdown(verdictLine(f)))
	}
	if len(r.Findings) > 0 {
		m.WriteString("\n")
	}
	fmt.Fprintf(m, "%s\n", escapeMarkdown(r.closing()))
	for i, f := range r.Findings {
		m.finding(i+1, f)
	}
	return m.Flush()
}

type markdown struct{ *bufio.Writer }

func (m *markdown) finding(n int, f Finding) {
	c, _ := CauseNamed(f.Cause)
	title := f.Cause
	if f.Check != "" {
		title = f.Check
	}
	fmt.Fprintf(m, "\n## %d. %s (%s)\n\n%s: %s.\n", n, escapeMarkdown(title), f.Certainty, escapeMarkdown(f.Cause), escapeMarkdown(c.Meaning))
	m.place(f)
	m.facts("Evidence", f.Evidence)
	m.facts("Against", f.Against)
	if len(f.Alternatives) > 0 {
		m.WriteString("\n**Or**\n\n")
	}
	for _, a := range f.Alternatives {
		fmt.Fprintf(m, "- %s: %s. Check: %s\n", escapeMarkdown(a.Cause), escapeMarkdown(a.Why), codeMarkdown(a.Check))
	}
	if confirm := confirmation(f); confirm != "" && f.Certainty != Proved {
		fmt.Fprintf(m, "\n**Confirm:** %s\n", escapeMarkdown(confirm))
	}
	for _, r := range f.Remedies {
		m.remedy(r)
	}
}

func (m *markdown) place(f Finding) {
	var rows []string
	if f.Status != 0 {
		rows = append(rows, fmt.Sprintf("status: %03d", f.Status))
	}
	if f.Count > 0 {
		rows = append(rows, fmt.Sprintf("seen: %d times", f.Count))
	}
	if f.Upstream != "" {
		rows = append(rows, "upstream: "+codeMarkdown(f.Upstream))
	}
	if f.Server != "" {
		rows = append(rows, "server: "+codeMarkdown(f.Server))
	}
	if w := f.Where; w != nil {
		rows = append(rows, "at "+codeMarkdown(fmt.Sprintf("%s:%d:%d %s", w.File, w.Line, w.Column, w.Directive)))
	}
	for i, row := range rows {
		if i == 0 {
			m.WriteString("\n")
		}
		fmt.Fprintf(m, "- %s\n", row)
	}
}

func (m *markdown) facts(title string, list []Fact) {
	if len(list) == 0 {
		return
	}
	lines := make([]string, len(list))
	for i, f := range list {
		lines[i] = f.Source + ": " + f.Text
		if f.Ref != "" {
			lines[i] += " (" + f.Ref + ")"
		}
	}
	fmt.Fprintf(m, "\n**%s**\n\n", title)
	m.fence("text", lines)
}

func (m *markdown) remedy(r Remedy) {
	title := "Remedy"
	if r.Mitigation {
		title = "Mitigation, which hides the cause"
	}
	fmt.Fprintf(m, "\n**%s** (%s): %s\n", title, r.Action, escapeMarkdown(r.Summary))
	if r.Diff != "" {
		m.WriteString("\n")
		m.fence("diff", strings.Split(r.Diff, "\n"))
	}
	if len(r.Commands) > 0 {
		m.WriteString("\n")
		m.fence("sh", r.Commands)
	}
	if r.Proof != "" {
		fmt.Fprintf(m, "\n%s\n", escapeMarkdown(tried(r.Verified)+r.Proof))
	}
}

// fence writes lines between fences longer than any run of backticks in them.
func (m *markdown) fence(language string, lines []string) {
	lines = slices.Clone(lines)
	mark := "```"
	for i, line := range lines {
		lines[i] = printable(line)
		for strings.Contains(lines[i], mark) {
			mark += "`"
		}
	}
	fmt.Fprintf(m, "%s%s\n%s\n%s\n", mark, language, strings.Join(lines, "\n"), mark)
}

// escapeMarkdown lets text stand in a paragraph as it is: no emphasis, link, HTML, mention or table of its own.
func escapeMarkdown(s string) string {
	var b strings.Builder
	for _, c := range printable(s) {
		switch {
		case c == '<':
			b.WriteString("&lt;")
		case c == '>':
			b.WriteString("&gt;")
		case c == '&':
			b.WriteString("&amp;")
		case c == '@':
			b.WriteString("&#64;")
		case strings.ContainsRune("\\`*_[]{}#|~!$", c):
			b.WriteByte('\\')
			b.WriteRune(c)
		default:
			b.WriteRune(c)
		}
	}
	return strings.ReplaceAll(b.String(), "://", "&#58;//")
}

// codeMarkdown makes a code span with a mark longer than any run of backticks in the text.
func codeMarkdown(s string) string {
	s = printable(s)
	mark := "`"
	for strings.Contains(s, mark) {
		mark += "`"
	}
	if mark != "`" || strings.HasPrefix(s, " ") {
		s = " " + s + " "
	}
	return mark + s + mark
}

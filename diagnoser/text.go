package diagnoser

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// TextOptions say how a report is written for people.
type TextOptions struct {
	Color bool // ANSI colors, for a terminal
	Width int  // columns; 0 means 80
}

// WriteText writes the report for people: of each finding one verdict line, then
// the evidence for and against, what else it could be and the check that decides,
// how to confirm what is not proved, then the remedies with their diff. Control characters of logs and files are
// escaped. The error is the writer's.
func (r *Report) WriteText(w io.Writer, opts TextOptions) error {
	if opts.Width <= 0 {
		opts.Width = 80
	}
	p := &printer{Writer: bufio.NewWriter(w), opts: opts}
	if len(r.Findings) == 0 && r.checksOnly() {
		p.line("", "No mistake found in the configuration.")
	} else if len(r.Findings) == 0 {
		p.line("", "No upstream failure found.")
	}
	for i, f := range r.Findings {
		if i > 0 {
			p.line("", "")
		}
		p.finding(f)
	}
	p.line("", "")
	p.wrapped("", r.closing())
	return p.Flush()
}

// checksOnly tells whether no log was read.
func (r *Report) checksOnly() bool { return r.Summary.Bytes == 0 && r.Summary.Lines == 0 }

// closing counts what was read, or what was found where that was the configuration alone.
func (r *Report) closing() string {
	if !r.checksOnly() {
		return r.Summary.text()
	}
	count := map[string]int{}
	for _, f := range r.Findings {
		count[cmp.Or(f.Severity, SeverityError)]++
	}
	return fmt.Sprintf("No log was read; %d checks of the configuration: errors %d, warnings %d, notes %d. "+
		"badgateway explain NAME tells more of each.", len(checks), count[SeverityError], count[SeverityWarning], count[SeverityNote])
}

func (s Summary) text() string {
	text := fmt.Sprintf("Lines read: %d (%d bytes); upstream errors: %d", s.Lines, s.Bytes, s.UpstreamErrors)
	if s.Unrecognized > 0 {
		text += fmt.Sprintf("; not recognized: %d", s.Unrecognized)
	}
	if s.Together > 0 {
		text += fmt.Sprintf("; of too many upstreams to tell apart: %d", s.Together)
	}
	if !s.From.IsZero() {
		const form = "2006-01-02 15:04:05"
		text += fmt.Sprintf("; from %s to %s", s.From.Format(form), s.To.Format(form))
	}
	return text + "."
}

type printer struct {
	*bufio.Writer
	opts TextOptions
}

// Colors of ANSI terminals.
const (
	bold  = "1"
	red   = "31"
	green = "32"
	cyan  = "36"
)

func (p *printer) color(code, s string) string {
	if !p.opts.Color || code == "" || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p *printer) line(code, s string) {
	fmt.Fprintln(p, p.color(code, s))
}

// wrapped writes s behind indent within the width.
func (p *printer) wrapped(indent, s string) {
	p.WriteString(wrap(printable(s), indent, p.opts.Width))
}

func (p *printer) finding(f Finding) {
	for line := range strings.Lines(wrap(printable(verdictLine(f)), "", p.opts.Width)) {
		p.line(bold, strings.TrimSuffix(line, "\n"))
	}
	if w := f.Where; w != nil {
		p.wrapped("  ", fmt.Sprintf("at %s:%d:%d %s", w.File, w.Line, w.Column, w.Directive))
	}
	p.facts("  Evidence", beside(f))
	p.facts("  Against", f.Against)
	if f.Check != "" {
		c, _ := CauseNamed(f.Cause)
		p.line("", "  Leads to")
		p.wrapped("    ", c.Name+": "+c.Meaning)
	}
	if len(f.Alternatives) > 0 {
		p.line("", "  Or")
	}
	for _, a := range f.Alternatives {
		p.wrapped("    ", a.Cause+": "+a.Why)
		p.wrapped("      ", "check: "+a.Check)
	}
	if confirm := confirmation(f); confirm != "" && f.Certainty != Proved {
		p.line("", "  Confirm")
		p.wrapped("    ", confirm)
	}
	for _, r := range f.Remedies {
		p.remedy(r)
	}
}

// confirmation is what a person can do to be sure.
func confirmation(f Finding) string {
	if f.Check != "" {
		return f.Confirm
	}
	return rules[f.Cause].doc.Confirm
}

// beside leaves out where a check read what it says, which stands above already.
func beside(f Finding) []Fact {
	list := slices.Clone(f.Evidence)
	for i := range list {
		if f.Check != "" && f.Where != nil && list[i].Ref == fmt.Sprintf("%s:%d", f.Where.File, f.Where.Line) {
			list[i].Ref = ""
		}
	}
	return list
}

func verdictLine(f Finding) string {
	if f.Check != "" {
		return fmt.Sprintf("%s: %s, %s", f.Severity, f.Check, f.Certainty)
	}
	parts := []string{f.Cause + ", " + f.Certainty}
	if f.Status != 0 && f.Kind != "other" {
		parts[0] = fmt.Sprintf("%03d %s", f.Status, parts[0])
	}
	if f.Proxy != "" && f.Proxy != "nginx" {
		parts = append(parts, f.Proxy)
	}
	if f.Upstream != "" {
		parts = append(parts, f.Upstream)
	}
	if f.Server != "" {
		parts = append(parts, "server "+f.Server)
	}
	if f.Count > 1 {
		parts = append(parts, fmt.Sprintf("%d times", f.Count))
	}
	return strings.Join(parts, "; ")
}

func (p *printer) facts(title string, list []Fact) {
	if len(list) == 0 {
		return
	}
	p.line("", title)
	for _, f := range list {
		text := f.Source + ": " + f.Text
		if f.Ref != "" {
			text += " (" + f.Ref + ")"
		}
		p.wrapped("    ", text)
	}
}

func (p *printer) remedy(r Remedy) {
	title := "  Remedy"
	if r.Mitigation {
		title = "  Mitigation (hides the cause)"
	}
	p.line(cyan, title+": "+r.Action)
	p.wrapped("    ", r.Summary)
	for _, line := range strings.Split(r.Diff, "\n") {
		code := ""
		switch {
		case line == "":
			continue
		case line[0] == '+':
			code = green
		case line[0] == '-':
			code = red
		}
		p.line(code, "    "+printable(line))
	}
	for _, c := range r.Commands {
		p.line("", "    $ "+printable(c))
	}
	if r.Proof != "" {
		p.wrapped("    ", tried(r.Verified)+r.Proof)
	}
}

// tried says how trying a remedy went.
func tried(verified *bool) string {
	switch {
	case verified == nil:
		return ""
	case *verified:
		return "verified: "
	}
	return "tried, and does not mend it: "
}

package diagnoser

import (
	"fmt"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// Sources of a Fact.
const (
	fromLog     = "log"
	fromConfig  = "config"
	fromSocket  = "socket"
	fromFile    = "file"
	fromProcess = "process"
	fromKernel  = "kernel"
	fromProbe   = "probe"
	fromBackend = "backend-log"
)

func fact(source, format string, args ...any) Fact {
	return Fact{Source: source, Text: fmt.Sprintf(format, args...)}
}

// logFact says what the log said, how often, and where it said so first.
func logFact(g *group) Fact {
	text := g.Message
	if g.count > 1 {
		text = fmt.Sprintf("%d times: %s", g.count, text)
	}
	return Fact{Source: fromLog, Text: text, Ref: fmt.Sprintf("%s:%d", g.log, g.Line)}
}

func (in *inquiry) configFact(d *nginx.Directive, format string, args ...any) Fact {
	f := fact(fromConfig, format, args...)
	f.Ref = fmt.Sprintf("%s:%d", d.File, d.Line)
	return f
}

func (in *inquiry) where(d *nginx.Directive) *Where {
	return &Where{File: d.File, Line: d.Line, Column: in.config.Column(d.File, d.Start), Directive: d.Name}
}

// probeFact says what a direct probe saw.
func probeFact(p *evidence.Probe) Fact {
	what := "a direct request"
	if p.Request != "" {
		what = "a direct " + p.Request
	}
	to := p.Target.String()
	switch {
	case p.Outcome == evidence.OK && p.HeaderAfter > 0:
		return fact(fromProbe, "%s to %s was answered %s after %s", what, to, status(p.Status), round(p.HeaderAfter))
	case p.Outcome == evidence.OK:
		return fact(fromProbe, "%s to %s was answered %s", what, to, status(p.Status))
	}
	text := fmt.Sprintf("%s to %s: %s while %s", what, to, p.Outcome, p.Phase)
	if p.Errno != 0 {
		text += fmt.Sprintf(" (errno %d)", p.Errno)
	}
	if p.Outcome == evidence.TimedOut {
		text += fmt.Sprintf(" after %s", round(p.Took))
	}
	if p.Note != "" {
		text += ", " + p.Note
	}
	return fact(fromProbe, "%s", text)
}

func status(code int) string {
	if code == 0 {
		return "without a status"
	}
	return fmt.Sprint(code)
}

// commands are what a person types to carry out an edit.
func reload() []string { return []string{"nginx -t", "nginx -s reload"} }

// edit makes a remedy of changes to the configuration. It is nil where they cannot
// be proposed: the file is not fully understood, or would not parse afterwards.
func (in *inquiry) edit(summary string, edits ...nginx.Edit) []Remedy {
	edits = nginx.Sort(edits)
	if len(edits) == 0 || in.config.Check(edits) != nil {
		return nil
	}
	diff, err := in.config.Diff(edits)
	if err != nil {
		return nil
	}
	r := Remedy{Action: EditConfig, Summary: summary, Diff: strings.TrimSuffix(diff, "\n"), Commands: reload()}
	for _, e := range edits {
		r.Edits = append(r.Edits, Edit(e))
	}
	return []Remedy{r}
}

// backend makes a remedy that starts or restarts the backend of a group.
func backend(action, summary string, g *group) Remedy {
	return Remedy{Action: action, Summary: summary, Params: &Params{Upstream: g.target.String()}}
}

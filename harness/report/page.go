package report

import (
	"bytes"
	"crypto/rand"
	_ "embed" // the page's parts
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/harness/drill"
)

var (
	//go:embed page/page.html
	pageHTML string
	//go:embed page/page.css
	pageCSS string
	//go:embed page/page.js
	pageJS string
)

// html/template escapes whatever comes from logs and configurations by its place in the page.
var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"lines": func(s string) []string { return strings.Split(strings.TrimRight(s, "\n"), "\n") },
	"kind":  diffKind,
	"count": func(s string) string {
		return counted(strings.Count(strings.TrimRight(s, "\n"), "\n")+1, "line", "lines")
	},
	"first": func(list []diagnoser.Remedy) []diagnoser.Remedy { return list[:min(len(list), 1)] },
}).Parse(pageHTML))

// page is what the template shows.
type page struct {
	Nonce      string
	Style      template.CSS
	Script     template.JS
	When       string
	Took       string // the run; empty is not known
	Incomplete string // why it is not all; empty if it is
	Counts     Counts
	Causes     []string
	Versions   []string
	Labels     []string
	Rows       []*matrixRow
	Bad, Good  []*pageDrill // those that passed are the good ones; of the others failed ones come first
}

// pageDrill is one drill as the page shows it.
type pageDrill struct {
	drill.Record
	ID       string
	Labels   string // with a space between each two
	Text     string // what a search looks through, in lower case
	Topology template.HTML
	Timeline template.HTML
}

// Kind is the class of what shows the drill.
func (d *pageDrill) Kind() string {
	switch d.Result.Verdict {
	case drill.Passed:
		return "good"
	case drill.Inconclusive:
		return "open"
	}
	return "bad"
}

// Page writes everything as one HTML file that needs nothing else, no network and no other file.
// Scripts and styles carry a nonce; the page's own policy forbids all others.
func Page(w io.Writer, run Run, records []drill.Record, when time.Time) error {
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, newPage(run, records, when)); err != nil {
		return err
	}
	_, err := b.WriteTo(w)
	return err
}

func newPage(run Run, records []drill.Record, when time.Time) *page {
	p := &page{
		Nonce: rand.Text(), Style: template.CSS(pageCSS), Script: template.JS(pageJS),
		When: when.UTC().Format("2006-01-02 15:04 MST"),
	}
	var all []*pageDrill
	for _, r := range records {
		d := newPageDrill(r)
		all = append(all, d)
		p.Counts.Add(r.Result)
		if r.Result.Verdict == drill.Passed {
			p.Good = append(p.Good, d)
		} else {
			p.Bad = append(p.Bad, d)
		}
		p.Causes = append(p.Causes, r.Result.Cause)
		p.Versions = append(p.Versions, r.Result.Version)
		p.Labels = append(p.Labels, r.Story.Labels...)
	}
	slices.SortStableFunc(p.Bad, func(a, b *pageDrill) int { return strings.Compare(a.Kind(), b.Kind()) })
	p.Causes, p.Versions, p.Labels = unique(p.Causes), unique(p.Versions), unique(p.Labels)
	p.Rows = matrix(all, p.Versions)
	p.Incomplete = incomplete(run, p.Counts)
	if run.Seconds > 0 {
		p.Took = took(time.Duration(run.Seconds * float64(time.Second)))
	}
	return p
}

func newPageDrill(r drill.Record) *pageDrill {
	d := &pageDrill{
		Record: r, ID: Anchor(r.Result), Labels: strings.Join(r.Story.Labels, " "),
		Topology: topology(r), Timeline: timeline(r),
	}
	text := []string{r.Result.Name(), r.Result.Cause, r.Result.Diagnosed, r.Result.Remedy, r.Story.Title, d.Labels}
	for _, e := range r.Story.Events {
		text = append(text, e.Text)
	}
	d.Text = strings.ToLower(strings.Join(text, " "))
	return d
}

func diffKind(line string) string {
	switch {
	case strings.HasPrefix(line, "@@"), strings.HasPrefix(line, "---"), strings.HasPrefix(line, "+++"):
		return "at"
	case strings.HasPrefix(line, "+"):
		return "add"
	case strings.HasPrefix(line, "-"):
		return "del"
	}
	return ""
}

func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

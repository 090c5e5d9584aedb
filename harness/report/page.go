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
	"first": func(list []diagnoser.Remedy) []diagnoser.Remedy { return list[:min(len(list), 1)] },
}).Parse(pageHTML))

// page is what the template shows.
type page struct {
	Nonce          string
	Style          template.CSS
	Script         template.JS
	When           string
	Seconds        float64
	Passed, Failed int
	Causes         []string
	Versions       []string
	Labels         []string
	Rows           []*matrixRow
	Drills         []*pageDrill
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

// matrixRow is one variant of one scenario, with a cell for each version.
type matrixRow struct {
	First                          bool // of its cause
	Cause, Scenario, Variant, Text string
	Labels                         string
	Cells                          []*pageDrill // nil where it was not run
}

// Page writes everything as one HTML file that needs nothing else, no network and no other file.
// Scripts and styles carry a nonce; the page's own policy forbids all others.
func Page(w io.Writer, records []drill.Record, when time.Time) error {
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, newPage(records, when)); err != nil {
		return err
	}
	_, err := b.WriteTo(w)
	return err
}

func newPage(records []drill.Record, when time.Time) *page {
	p := &page{
		Nonce: rand.Text(), Style: template.CSS(pageCSS), Script: template.JS(pageJS),
		When: when.UTC().Format("2006-01-02 15:04 MST"),
	}
	for _, r := range records {
		d := newPageDrill(r)
		p.Drills = append(p.Drills, d)
		p.Seconds += r.Result.Seconds
		if r.Result.Verdict == drill.Passed {
			p.Passed++
		} else {
			p.Failed++
		}
		p.Causes = append(p.Causes, r.Result.Cause)
		p.Versions = append(p.Versions, r.Result.Version)
		p.Labels = append(p.Labels, r.Story.Labels...)
	}
	p.Causes, p.Versions, p.Labels = unique(p.Causes), unique(p.Versions), unique(p.Labels)
	p.Rows = matrix(p)
	return p
}

func newPageDrill(r drill.Record) *pageDrill {
	d := &pageDrill{Record: r, Labels: strings.Join(r.Story.Labels, " "), Topology: topology(r), Timeline: timeline(r)}
	d.ID = strings.NewReplacer(" ", "-", "/", "-").Replace(r.Result.Name())
	text := []string{r.Result.Name(), r.Result.Cause, r.Result.Diagnosed, r.Result.Remedy, r.Story.Title, d.Labels}
	for _, e := range r.Story.Events {
		text = append(text, e.Text)
	}
	d.Text = strings.ToLower(strings.Join(text, " "))
	return d
}

func matrix(p *page) (rows []*matrixRow) {
	byKey := map[string]*matrixRow{}
	for _, d := range p.Drills {
		key := d.Result.Scenario + "/" + d.Result.Variant
		row := byKey[key]
		if row == nil {
			row = &matrixRow{
				Cause: d.Result.Cause, Scenario: d.Result.Scenario, Variant: d.Result.Variant,
				Labels: d.Labels, Cells: make([]*pageDrill, len(p.Versions)),
			}
			byKey[key] = row
			rows = append(rows, row)
		}
		row.Cells[slices.Index(p.Versions, d.Result.Version)] = d
	}
	slices.SortFunc(rows, func(a, b *matrixRow) int {
		return strings.Compare(a.Cause+"\x00"+a.Scenario+"\x00"+a.Variant, b.Cause+"\x00"+b.Scenario+"\x00"+b.Variant)
	})
	for i, row := range rows {
		row.First = i == 0 || rows[i-1].Cause != row.Cause
	}
	return rows
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

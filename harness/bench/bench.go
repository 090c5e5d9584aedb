// Package bench measures what the project promises in figures: each promise is a
// row with a limit, and a row that does not hold fails the run.
package bench

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Group is a file's worth of rows that are measured together.
type Group struct {
	Name  string // one word; ONLY selects by it
	About string // how it is measured and why so; a paragraph of Markdown for the report
	Pod   bool   // runs inside a pod, beside nginx: needs Docker
	Run   func(ctx context.Context, s *Sheet) error
}

var groups []Group

// register adds a group. Groups run in the order of their names.
func register(g Group) bool {
	at, double := slices.BinarySearchFunc(groups, g.Name, func(g Group, name string) int { return strings.Compare(g.Name, name) })
	if double {
		panic("bench: two groups are named " + g.Name)
	}
	groups = slices.Insert(groups, at, g)
	return true
}

// Select returns the groups whose names match; an empty pattern selects all.
func Select(pattern string) ([]Group, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("ONLY: %w", err)
	}
	var names []string
	var chosen []Group
	for _, g := range groups {
		names = append(names, g.Name)
		if re.MatchString(g.Name) {
			chosen = append(chosen, g)
		}
	}
	if chosen == nil {
		return nil, fmt.Errorf("ONLY: no group matches %q (known: %s)", pattern, strings.Join(names, ", "))
	}
	return chosen, nil
}

// Row is one figure and the limit that was set for it.
type Row struct {
	Name  string  `json:"name"` // "http: requests/s against net/http"
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`  // "x" for a ratio; empty for a number of things
	Limit Limit   `json:"limit"` // "≥ 1.4", "≤ 4608", "= 6"; empty for a figure without a limit
	Holds bool    `json:"holds"` // true where there is no limit
}

// Sheet is where a group writes its rows.
type Sheet struct {
	Group string
	Rows  []Row
	Notes []string   // Markdown for the report
	hear  func(news) // is told of what is written, at once; may be nil
}

// news is one thing that a group has to say.
type news struct {
	Row   *Row   `json:",omitempty"`
	Note  string `json:",omitempty"`
	Log   string `json:",omitempty"`
	Error string `json:",omitempty"` // why it could not be measured
	Done  bool   `json:",omitempty"` // nothing follows
}

// Row records a figure.
func (s *Sheet) Row(name string, value float64, unit string, limit Limit) {
	s.add(Row{Name: s.Group + ": " + name, Value: value, Unit: unit, Limit: limit, Holds: limit.holds(value)})
}

func (s *Sheet) add(row Row) {
	s.Rows = append(s.Rows, row)
	s.tell(news{Row: &row})
}

func (s *Sheet) tell(n news) {
	if s.hear != nil {
		s.hear(n)
	}
}

// Note records Markdown that stands under the group's figures in the report.
func (s *Sheet) Note(markdown string) {
	s.Notes = append(s.Notes, markdown)
	s.tell(news{Note: markdown})
}

// Logf tells of progress.
func (s *Sheet) Logf(format string, args ...any) {
	s.tell(news{Log: fmt.Sprintf(format, args...)})
}

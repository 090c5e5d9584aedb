package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Report is what a run has measured.
type Report struct {
	Machine     Machine
	Parts       []Part
	Missing     []string // groups that were chosen and are not measured to their end
	Interrupted bool     // so nothing more of them will come
}

// Part is one group's outcome.
type Part struct {
	Group Group
	Sheet Sheet
	Err   error // why it could not be measured
}

// Rows are those of all groups.
func (r *Report) Rows() []Row {
	rows := []Row{}
	for _, p := range r.Parts {
		rows = append(rows, p.Sheet.Rows...)
	}
	return rows
}

// JSON writes the rows as a list, with the machine, and the groups that are missing.
func (r *Report) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		Machine     string   `json:"machine"`
		Interrupted bool     `json:"interrupted"`
		Missing     []string `json:"missing"`
		Rows        []Row    `json:"rows"`
	}{r.Machine.String(), r.Interrupted, r.Missing, r.Rows()})
}

// incomplete says what is missing; it is empty when nothing is.
func (r *Report) incomplete() string {
	if len(r.Missing) == 0 {
		return ""
	}
	why := "under way"
	if r.Interrupted {
		why = "interrupted"
	}
	return fmt.Sprintf("%s: not all groups were measured; missing: %s", why, strings.Join(r.Missing, ", "))
}

const nameWidth = 52

// Table writes the rows for a terminal of 80 columns.
func (r *Report) Table(w io.Writer) {
	fmt.Fprintf(w, "%-*s %10s %-5s %-7s %s\n", nameWidth-1, "row", "value", "unit", "limit", "ok")
	for _, row := range r.Rows() {
		fmt.Fprintln(w, row.line())
	}
	for _, p := range r.Parts {
		if p.Err != nil {
			fmt.Fprintf(w, "%s: not measured: %v\n", p.Group.Name, p.Err)
		}
	}
	if text := r.incomplete(); text != "" {
		fmt.Fprintln(w, text)
	}
}

func (row Row) line() string {
	name := row.Name
	for utf8.RuneCountInString(name) > nameWidth-1 {
		name = name[:len(name)-1]
	}
	return strings.TrimRight(fmt.Sprintf("%-*s %10s %-5s %-7s %s", nameWidth-1, name, figure(row.Value), row.Unit, row.Limit, row.verdict()), " ")
}

func (row Row) verdict() string {
	switch {
	case row.Limit == None:
		return ""
	case row.Holds:
		return "yes"
	}
	return "NO"
}

// figure prints three to four digits that matter.
func figure(v float64) string {
	switch abs := math.Abs(v); {
	case v == math.Trunc(v):
		return strconv.FormatFloat(v, 'f', 0, 64)
	case abs >= 1000:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case abs >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// Markdown writes the rows, how they came about, and the machine.
func (r *Report) Markdown(w io.Writer) {
	fmt.Fprintf(w, "# Figures\n\n%s\n\nAll processes that are measured or compared had the best scheduling priority that they may have (nice -20 for root), so that other programs count less.\n", r.Machine)
	if text := r.incomplete(); text != "" {
		text = strings.ToUpper(text[:1]) + text[1:]
		fmt.Fprintf(w, "\n**%s.** Of a group that is missing, the rows that were measured stand below.\n", text)
	}
	for _, p := range r.Parts {
		fmt.Fprintf(w, "\n## %s\n\n%s\n", p.Group.Name, strings.TrimSpace(p.Group.About))
		if len(p.Sheet.Rows) > 0 {
			fmt.Fprintf(w, "\n| row | value | unit | limit | holds |\n| --- | ---: | --- | --- | --- |\n")
		}
		for _, row := range p.Sheet.Rows {
			name := strings.TrimPrefix(row.Name, p.Group.Name+": ")
			fmt.Fprintf(w, "| %s | %s | %s | %s | %s |\n", name, figure(row.Value), row.Unit, row.Limit, row.verdict())
		}
		for _, note := range p.Sheet.Notes {
			fmt.Fprintf(w, "\n%s\n", strings.TrimSpace(note))
		}
		if p.Err != nil {
			fmt.Fprintf(w, "\nNot measured: %v\n", p.Err)
		}
	}
}

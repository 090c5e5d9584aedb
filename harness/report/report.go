// Package report writes what drills did: a table for people and JSON for programs.
package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/badgateway/badgateway/harness/drill"
)

// Names of the files in the report's directory.
const (
	FileName    = "scenarios.json" // one line of figures for each drill
	StoriesName = "drills.json"    // all that the page shows, for programs
	PageName    = "index.html"     // the page for people; it needs no other file
	SummaryName = "summary.md"     // for the summary of a CI job
)

// Write writes the drills, sorted, in all forms. Each file is replaced as a whole.
func Write(dir string, records []drill.Record) error {
	slices.SortFunc(records, func(a, b drill.Record) int { return compare(a.Result, b.Result) })
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	results := []drill.Result{}
	for _, r := range records {
		results = append(results, r.Result)
	}
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{FileName, func(w io.Writer) error { return indented(w, results) }},
		{StoriesName, func(w io.Writer) error { return indented(w, records) }},
		{PageName, func(w io.Writer) error { return Page(w, records, time.Now()) }},
		{SummaryName, func(w io.Writer) error { return Summary(w, results) }},
	} {
		if err := replace(filepath.Join(dir, f.name), f.write); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	return nil
}

func indented(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// replace puts a whole file in the place of what was there.
func replace(path string, write func(io.Writer) error) error {
	f, err := os.Create(path + ".new")
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// Sort orders results by version, scenario and variant.
func Sort(results []drill.Result) {
	slices.SortFunc(results, compare)
}

func compare(a, b drill.Result) int {
	return cmp.Or(cmp.Compare(a.Version, b.Version), cmp.Compare(a.Scenario, b.Scenario), cmp.Compare(a.Variant, b.Variant))
}

const row = "%-4s %-23s %-12s %-4s %3s %-8s %-15s %4s\n"

// Table prints one line for each drill, 80 columns wide, and what did not match below it.
func Table(w io.Writer, results []drill.Result) {
	Header(w)
	Sort(results)
	for _, r := range results {
		Row(w, r)
	}
	Footer(w, results)
}

// Header prints the names of the columns.
func Header(w io.Writer) {
	fmt.Fprintf(w, row, "", "scenario", "variant", "vers", "got", "certain", "remedy", "s")
}

// Row prints one drill.
func Row(w io.Writer, r drill.Result) {
	mark := "ok"
	if r.Verdict != drill.Passed {
		mark = "FAIL"
	}
	got := "-"
	if r.Status != 0 {
		got = fmt.Sprint(r.Status)
	}
	fmt.Fprintf(w, row, mark, r.Scenario, r.Variant, r.Version, got, r.Certainty, r.Remedy, fmt.Sprintf("%.1f", r.Seconds))
	for _, m := range r.Mismatches {
		fmt.Fprintf(w, "     %s\n", m)
	}
}

// Footer prints the sum.
func Footer(w io.Writer, results []drill.Result) {
	passed, seconds := 0, 0.0
	for _, r := range results {
		if r.Verdict == drill.Passed {
			passed++
		}
		seconds += r.Seconds
	}
	fmt.Fprintf(w, "\n%d drills passed, %d failed, %.1f s of drills in all\n", passed, len(results)-passed, seconds)
}

// Read reads DIR/scenarios.json.
func Read(dir string) ([]drill.Result, error) {
	data, err := os.ReadFile(filepath.Join(dir, FileName))
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	var results []drill.Result
	if err := json.Unmarshal(data, &results); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, FileName), err)
	}
	return results, nil
}

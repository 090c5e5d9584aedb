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
	RunName     = "run.json"       // what is to be known of the run as a whole
	PageName    = "index.html"     // the page for people; it needs no other file
	JUnitName   = "scenarios.xml"  // a test case for each drill, for a CI server
	SummaryName = "summary.md"     // for the summary of a CI job
)

// Write writes a run and its drills, sorted, in all forms. Each file is replaced as a whole.
func Write(dir string, run Run, records []drill.Record) error {
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
		{RunName, func(w io.Writer) error { return indented(w, run) }},
		{StoriesName, func(w io.Writer) error { return indented(w, records) }},
		{JUnitName, func(w io.Writer) error { return JUnit(w, run, records) }},
		{PageName, func(w io.Writer) error { return Page(w, run, records, time.Now()) }},
		{SummaryName, func(w io.Writer) error { return Summary(w, run, results) }},
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

func compare(a, b drill.Result) int {
	return cmp.Or(cmp.Compare(a.Version, b.Version), cmp.Compare(a.Scenario, b.Scenario), cmp.Compare(a.Variant, b.Variant))
}

const row = "%-4s %-23s %-12s %-4s %3s %-8s %-15s %4s\n"

// Table prints one line for each drill, 80 columns wide.
func Table(w io.Writer, results []drill.Result) {
	Header(w)
	for _, r := range results {
		Row(w, r)
	}
}

// Header prints the names of the columns.
func Header(w io.Writer) {
	fmt.Fprintf(w, row, "", "scenario", "variant", "vers", "got", "certain", "remedy", "s")
}

// marks are those of the first column.
var marks = map[drill.Verdict]string{drill.Passed: "ok", drill.Failed: "FAIL", drill.Inconclusive: "?"}

// Row prints one drill.
func Row(w io.Writer, r drill.Result) {
	got := "-"
	if r.Status != 0 {
		got = fmt.Sprint(r.Status)
	}
	mark, seconds := cmp.Or(marks[r.Verdict], "FAIL"), fmt.Sprintf("%.1f", r.Seconds)
	fmt.Fprintf(w, row, mark, r.Scenario, r.Variant, r.Version, got, r.Certainty, r.Remedy, seconds)
}

// Read reads DIR/scenarios.json, and DIR/run.json if it is there.
func Read(dir string) (run Run, results []drill.Result, err error) {
	if err := read(filepath.Join(dir, FileName), &results); err != nil {
		return run, nil, err
	}
	run.Drills = len(results)
	if err := read(filepath.Join(dir, RunName), &run); err != nil && !errors.Is(err, os.ErrNotExist) {
		return run, nil, err
	}
	return run, results, nil
}

func read(file string, v any) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read report: %w", err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

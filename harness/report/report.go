// Package report writes what drills did: a table for people and JSON for programs.
package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/badgateway/badgateway/harness/drill"
)

// FileName is the report's name in its directory.
const FileName = "scenarios.json"

// Write writes the results, sorted, as DIR/scenarios.json. The file is replaced as a whole.
func Write(dir string, results []drill.Result) error {
	Sort(results)
	if results == nil {
		results = []drill.Result{}
	}
	data, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	path := filepath.Join(dir, FileName)
	if err := os.WriteFile(path+".new", append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// Sort orders results by version, scenario and variant.
func Sort(results []drill.Result) {
	slices.SortFunc(results, func(a, b drill.Result) int {
		return cmp.Or(cmp.Compare(a.Version, b.Version), cmp.Compare(a.Scenario, b.Scenario), cmp.Compare(a.Variant, b.Variant))
	})
}

const row = "%-4s %-21s %-12s %-5s %3s %-8s %-15s %5s\n"

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
	fmt.Fprintf(w, row, "", "scenario", "variant", "proxy", "got", "certain", "remedy", "s")
}

// Row prints one drill.
func Row(w io.Writer, r drill.Result) {
	mark := "ok"
	if !r.Passed {
		mark = "FAIL"
	}
	got := "-"
	if r.Status != 0 {
		got = fmt.Sprint(r.Status)
	}
	fmt.Fprintf(w, row, mark, r.Scenario, r.Variant, r.Version, got, r.Certainty, r.Remedy, fmt.Sprintf("%.2f", r.Seconds))
	if r.Why != "" {
		fmt.Fprintf(w, "     %s\n", r.Why)
	}
}

// Footer prints the sum.
func Footer(w io.Writer, results []drill.Result) {
	passed, seconds := 0, 0.0
	for _, r := range results {
		if r.Passed {
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

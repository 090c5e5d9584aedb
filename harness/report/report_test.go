package report

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/harness/drill"
	"github.com/badgateway/badgateway/harness/scenario"
)

func TestRowsFitATerminal(t *testing.T) {
	catalogue, err := scenario.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	var results []drill.Result
	for _, d := range catalogue.Drills() {
		results = append(results, drill.Result{
			Scenario: d.Name, Variant: d.Variant, Version: "1.30", Status: 502, Certainty: "possible", Remedy: d.Remedy(), Seconds: 10.25, Verdict: drill.Passed,
		})
	}
	var b strings.Builder
	Table(&b, results)
	for line := range strings.Lines(b.String()) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestTheReportGoesThroughItsFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	run := Run{Drills: 3, Interrupted: true, Began: time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC), Seconds: 2.5}
	want := []drill.Result{{Scenario: "b", Version: "1.18"}, {Scenario: "a", Version: "1.30", Verdict: drill.Passed}}
	if err := Write(dir, run, []drill.Record{{Result: want[1]}, {Result: want[0]}}); err != nil {
		t.Fatal(err)
	}
	of, got, err := Read(dir)
	if err != nil || of != run || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %+v, %v, want %+v, %+v", of, got, err, run, want)
	}
	if err := os.Remove(filepath.Join(dir, RunName)); err != nil {
		t.Fatal(err)
	}
	if of, _, err := Read(dir); err != nil || of != (Run{Drills: 2}) {
		t.Errorf("without %s: got %+v, %v", RunName, of, err)
	}
	if err := Write(dir, Run{}, nil); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(filepath.Join(dir, FileName)); string(data) != "[]\n" {
		t.Errorf("nothing done: got %q, want an empty list", data)
	}
	if _, _, err := Read(filepath.Join(dir, "none")); err == nil {
		t.Error("a report that is not there is read")
	}
}

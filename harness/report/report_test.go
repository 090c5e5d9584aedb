package report

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

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
	want := []drill.Result{{Scenario: "b", Version: "1.18"}, {Scenario: "a", Version: "1.30", Verdict: drill.Passed}}
	if err := Write(dir, []drill.Record{{Result: want[1]}, {Result: want[0]}}); err != nil {
		t.Fatal(err)
	}
	got, err := Read(dir)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if err := Write(dir, nil); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(filepath.Join(dir, FileName)); string(data) != "[]\n" {
		t.Errorf("nothing done: got %q, want an empty list", data)
	}
	if _, err := Read(filepath.Join(dir, "none")); err == nil {
		t.Error("a report that is not there is read")
	}
}

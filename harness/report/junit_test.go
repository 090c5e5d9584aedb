package report

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/harness/drill"
)

func junitRecords() []drill.Record {
	var records []drill.Record
	for i := range 5 {
		records = append(records, drill.Record{Result: number(i)})
	}
	records[1].Result = failed(records[1].Result)
	records[2].Result = inconclusive(records[2].Result)
	late := inconclusive(records[3].Result)
	late.Mismatches = nil // it did as declared, on a machine that was late
	records[3].Result.First = &late
	records[4].Result.Version, records[4].Result.Verdict = "1.18", drill.Failed
	records[4].Story.Title = "]]> & <\x00>"
	return records
}

func TestJUnit(t *testing.T) {
	var b bytes.Buffer
	if err := JUnit(&b, Run{Drills: 7, Interrupted: true, Seconds: 12.5}, junitRecords()); err != nil {
		t.Fatal(err)
	}
	golden(t, "junit.xml", b.String())
	var all junitSuites
	if err := xml.Unmarshal(b.Bytes(), &all); err != nil {
		t.Fatal(err)
	}
	if all.Tests != 6 || all.Failures != 2 || all.Errors != 2 {
		t.Errorf("got %d tests, %d failures, %d errors, want 6, 2, 2", all.Tests, all.Failures, all.Errors)
	}
	for _, s := range all.Suites {
		if s.Tests != len(s.Cases) {
			t.Errorf("%s: %d tests, of which %d are there", s.Name, s.Tests, len(s.Cases))
		}
		for _, c := range s.Cases {
			if c.Failure != nil && len(strings.Split(c.Failure.Text, "\n")) < 3 {
				t.Errorf("%s %s: want three lines, got %q", c.Class, c.Name, c.Failure.Text)
			}
		}
	}
	if out := all.Suites[1].Cases[0].Out.Text; !strings.HasPrefix(out, `]]> & <\x00>`+"\n") {
		t.Errorf("the title did not come through: %q", out)
	}
}

// A reader knows a test by its class and name.
func TestNamesInJUnitAreDifferent(t *testing.T) {
	records := junitRecords()
	again := records[0]
	again.Result.Version = "1.18"
	var b bytes.Buffer
	if err := JUnit(&b, Run{}, append(records, again)); err != nil {
		t.Fatal(err)
	}
	var all junitSuites
	if err := xml.Unmarshal(b.Bytes(), &all); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, s := range all.Suites {
		for _, c := range s.Cases {
			if name := c.Class + " " + c.Name; seen[name] {
				t.Errorf("%s is there twice", name)
			} else {
				seen[name] = true
			}
		}
	}
	if len(seen) != len(records)+1 {
		t.Errorf("got %d names, want %d", len(seen), len(records)+1)
	}
}

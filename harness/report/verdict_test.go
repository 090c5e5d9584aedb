package report

import (
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/containers/nginx"
	"github.com/badgateway/badgateway/harness/drill"
	"github.com/badgateway/badgateway/harness/scenario"
)

func TestAnchorsAreDifferent(t *testing.T) {
	catalogue, err := scenario.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, d := range catalogue.Drills() {
		for _, version := range append(nginx.Versions(), "registry:5000/me/nginx:tag") {
			r := drill.Result{Scenario: d.Name, Variant: d.Variant, Proxy: "nginx", Version: version}
			a := Anchor(r)
			if other, ok := seen[a]; ok {
				t.Errorf("%s and %s are both %s", other, r.Name(), a)
			}
			if seen[a] = r.Name(); strings.Trim(a, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" {
				t.Errorf("%q has to be escaped in an address", a)
			}
		}
	}
}

func TestFailure(t *testing.T) {
	none := number(1)
	none.Verdict = drill.Failed
	late := inconclusive(number(2))
	late.Mismatches = nil
	wide := failed(number(3))
	wide.Mismatches = drill.Mismatches{{Step: "shows the symptom", Want: strings.Repeat("状", 50), Got: "a\n\tb\u202e" + strings.Repeat("c", 100)}}
	var b strings.Builder
	for _, r := range []drill.Result{none, late, wide} {
		Failure(&b, r, "/tmp/x/../report", 80)
	}
	golden(t, "failure.txt", b.String())
	fits(t, b.String(), 80)
}

func TestTimes(t *testing.T) {
	for _, test := range []struct {
		d          time.Duration
		took, left string
	}{
		{0, "0.0 s", "a few seconds left"},
		{9940 * time.Millisecond, "9.9 s", "a few seconds left"},
		{12 * time.Second, "12 s", "about 10 s left"},
		{54 * time.Second, "54 s", "about 50 s left"},
		{56 * time.Second, "56 s", "about 1 min left"},
		{190 * time.Second, "3 min 10 s", "about 3 min left"},
		{2 * time.Hour, "2 h 0 min", "about 2.0 h left"},
	} {
		if got := took(test.d); got != test.took {
			t.Errorf("took %v: got %q, want %q", test.d, got, test.took)
		}
		if got := left(test.d); got != test.left {
			t.Errorf("%v left: got %q, want %q", test.d, got, test.left)
		}
	}
}

// An earlier run is told of as at its end.
func TestAgain(t *testing.T) {
	results := []drill.Result{number(1), failed(number(2)), inconclusive(number(3))}
	var some, all strings.Builder
	run := Run{Drills: 3, Seconds: 100}
	Again(&some, run, results, "report", false)
	Again(&all, run, results, "report", true)
	golden(t, "again.txt", some.String())
	var table strings.Builder
	Table(&table, results)
	if all.String() != table.String()+some.String() {
		t.Errorf("with a row for each: got\n%s", all.String())
	}
}

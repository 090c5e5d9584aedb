package scenario

import (
	"slices"
	"testing"
)

func TestMixed(t *testing.T) {
	catalogue, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	drills := catalogue.Drills()
	mixed := Mixed(drills)
	name := func(d Drill) string { return d.Name + "/" + d.Variant }
	sorted := func(list []Drill) (names []string) {
		for _, d := range list {
			names = append(names, name(d))
		}
		slices.Sort(names)
		return names
	}
	if !slices.Equal(sorted(mixed), sorted(drills)) {
		t.Fatalf("got %d drills, want the %d that there are", len(mixed), len(drills))
	}
	last := map[bool]Drill{}
	run := map[bool]int{} // of drills that pause, or of others, in one go
	for i, d := range mixed {
		pauses := d.Pauses() > 0
		if before, ok := last[pauses]; ok && before.Waiting() < d.Waiting() {
			t.Errorf("%s, %v, stands before %s, %v", name(before), before.Waiting(), name(d), d.Waiting())
		}
		last[pauses] = d
		run[pauses]++
		run[!pauses] = 0
		if i < len(mixed)/2 && (run[true] > 1 || run[false] > 5) {
			t.Errorf("%s is number %d of its kind in a row", name(d), max(run[true], run[false]))
		}
	}
	if list := Mixed(drills[:1]); len(list) != 1 {
		t.Errorf("of one drill: got %d", len(list))
	}
}

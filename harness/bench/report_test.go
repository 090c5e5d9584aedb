package bench

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		limit Limit
		value float64
		holds bool
	}{
		{AtLeast(1.4), 1.4, true}, {AtLeast(1.4), 1.39, false},
		{AtMost(4608), 4608, true}, {AtMost(4608), 4609, false},
		{Exactly(6), 6, true}, {Exactly(6), 5, false},
		{None, 0, true},
	} {
		var s Sheet
		s.Row("figure", c.value, "", c.limit)
		if got := s.Rows[0].Holds; got != c.holds {
			t.Errorf("%v, limit %q: holds is %v", c.value, c.limit, got)
		}
	}
}

func TestReport(t *testing.T) {
	good := Part{Group: Group{Name: "a", About: "how"}, Sheet: Sheet{Group: "a"}}
	good.Sheet.Row("fast", 1.5, "x", AtLeast(1.4))
	bad := Part{Group: Group{Name: "b"}, Sheet: Sheet{Group: "b"}}
	bad.Sheet.Row(strings.Repeat("long ", 20), 123456.7, "1/s", AtMost(1))
	for want, parts := range map[int][]Part{
		0: {good}, 1: {good, bad}, 3: {good, {Group: Group{Name: "c"}, Err: errors.New("no nginx")}},
	} {
		r := Report{Parts: parts}
		if got := r.Status(); got != want {
			t.Errorf("status %d, want %d", got, want)
		}
	}
	var table, list strings.Builder
	r := Report{Parts: []Part{good, bad}}
	r.Table(&table)
	for line := range strings.Lines(table.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if err := r.JSON(&list); err != nil {
		t.Fatal(err)
	}
	want := `"name": "a: fast",
      "value": 1.5,
      "unit": "x",
      "limit": "≥ 1.4",
      "holds": true`
	if !strings.Contains(list.String(), want) || !strings.Contains(table.String(), "≥ 1.4   yes") || !strings.Contains(table.String(), "≤ 1     NO") {
		t.Errorf("got\n%s%s", list.String(), table.String())
	}
}

func TestSelect(t *testing.T) {
	chosen, err := Select("^http$")
	if err != nil || len(chosen) != 1 || chosen[0].Name != "http" {
		t.Errorf("got %v, %v", chosen, err)
	}
	if _, err := Select("^nothing$"); err == nil || !strings.Contains(err.Error(), "fastcgi, ") {
		t.Errorf("got %v, want the known names", err)
	}
}

package scenario

import (
	"slices"
	"strings"
	"testing"
)

func TestShardsPartTheCatalogue(t *testing.T) {
	c, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	least, most := len(c.Drills()), 0
	for i := 1; i <= 5; i++ {
		part, err := c.Select(Selection{Shard: Shard{i, 5}})
		if err != nil {
			t.Fatal(err)
		}
		least, most = min(least, len(part)), max(most, len(part))
		for _, d := range part {
			seen[d.Name+"/"+d.Variant]++
		}
	}
	if len(seen) != len(c.Drills()) || most-least > 1 {
		t.Errorf("%d of %d drills in parts of %d to %d", len(seen), len(c.Drills()), least, most)
	}
	for name, n := range seen {
		if n != 1 {
			t.Errorf("%s is in %d parts", name, n)
		}
	}
}

func TestSelect(t *testing.T) {
	c, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		by    Selection
		check func([]Drill) bool
		says  string
	}{
		{by: Selection{Labels: []string{"unix", "http"}}, check: func(list []Drill) bool {
			return len(list) > 5 && !slices.ContainsFunc(list, func(d Drill) bool { return d.Variant != "http-unix" })
		}},
		{by: Selection{Names: []string{"wrong-port", "wrong-port/http-tcp"}}, check: func(list []Drill) bool { return len(list) == len(list[0].Variants) }},
		{by: Selection{Names: []string{"wrong-port"}, Labels: []string{"unix"}}, says: "no drill has all of the labels unix"},
		{by: Selection{Labels: []string{"tcpp"}}, says: "known: app-dependency-down, app-fatal-error"},
		{by: Selection{Names: []string{"wrong-portt"}}, says: "did you mean wrong-port"},
		{by: Selection{Names: []string{"wrong-port/udp"}}, says: `has no variant "udp" (known: fastcgi-tcp, `},
	} {
		list, err := c.Select(test.by)
		switch {
		case test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)):
			t.Errorf("%+v: got %v, want %q", test.by, err, test.says)
		case test.says == "" && (err != nil || !test.check(list)):
			t.Errorf("%+v: got %d drills, %v", test.by, len(list), err)
		}
	}
}

func TestParseShard(t *testing.T) {
	for _, bad := range []string{"0/5", "6/5", "2", "a/b", "2/", "-1/5", "1/0"} {
		if _, err := ParseShard(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
	if s, err := ParseShard("2/5"); err != nil || s != (Shard{2, 5}) {
		t.Errorf("got %v, %v", s, err)
	}
}

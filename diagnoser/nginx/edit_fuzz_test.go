package nginx

import (
	"slices"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// FuzzEdits makes each kind of edit at one directive of any configuration that two
// readers accept: what is proposed still reads, and nothing else changes.
func FuzzEdits(f *testing.F) {
	f.Add(site, uint16(3))
	f.Add("a 'b\\'c' {d e;}\n", uint16(1))
	f.Add("server { listen 80; # ;\r\n location / { proxy_pass http://a; } }", uint16(2))
	f.Add("x \"a b\" ${c} {\n\ty z;\n}", uint16(0))
	f.Fuzz(func(t *testing.T, text string, which uint16) {
		c, err := ParseConfig([]evidence.File{{Path: "nginx.conf", Text: text}})
		if err != nil || len(c.Files) != 1 || !c.exact["nginx.conf"] {
			return
		}
		var all []*Directive
		c.Walk(func(d *Directive) { all = append(all, d) })
		if len(all) == 0 || len(all) > 200 {
			return
		}
		i := int(which) % len(all)
		d, before := all[i], plainTexts(c)
		if slices.ContainsFunc(all, func(d *Directive) bool { return d.Name == "include" || strings.HasSuffix(d.Name, "_lua_block") }) {
			return
		}
		expectFuzzed(t, c, c.Insert(d, "added 1;"), slices.Insert(slices.Clone(before), afterOf(all, i), "added|1"))
		expectFuzzed(t, c, c.Remove(d), slices.Delete(slices.Clone(before), i, afterOf(all, i)))
		if len(d.Args) > 0 {
			changed := slices.Clone(before)
			changed[i] = d.Name + "|new"
			expectFuzzed(t, c, c.ReplaceArgs(d, "new"), changed)
			changed[i] = before[i] + "|more"
			expectFuzzed(t, c, c.AppendArg(d, "more"), changed)
		}
	})
}

func plainTexts(c *Config) (all []string) {
	c.Walk(func(d *Directive) {
		s := d.Name
		for _, a := range d.Args {
			s += "|" + a.Text
		}
		all = append(all, s)
	})
	return all
}

func expectFuzzed(t *testing.T, c *Config, e Edit, want []string) {
	t.Helper()
	before := c.Files[0].Text
	after, err := Apply(before, []Edit{e})
	if err != nil {
		t.Fatalf("%+v: %v", e, err)
	}
	if after[:e.Offset] != before[:e.Offset] || after[e.Offset+len(e.New):] != before[e.Offset+len(e.Old):] {
		t.Fatalf("%+v: more changed than the edit says", e)
	}
	edited, err := ParseConfig([]evidence.File{{Path: "nginx.conf", Text: after}})
	if err != nil {
		t.Fatalf("%+v: the result does not read: %v\nof\n%q", e, err, before)
	}
	if got := plainTexts(edited); !slices.Equal(got, want) {
		t.Fatalf("%+v: got %q, want %q\nof\n%q", e, got, want, before)
	}
}

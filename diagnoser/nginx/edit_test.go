package nginx

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestSet(t *testing.T) {
	for _, c := range []struct{ name, before, after string }{
		{"own line", "location / {\n    proxy_pass http://a;\n}\n", "location / {\n    proxy_pass http://a;\n    proxy_read_timeout 9s;\n}\n"},
		{"tabs and a comment", "\tlocation / {\n\t\tproxy_pass http://a; # a; b {\n\t}\n", "\tlocation / {\n\t\tproxy_pass http://a; # a; b {\n\t\tproxy_read_timeout 9s;\n\t}\n"},
		{"one line", "location / { proxy_pass http://a; }\n", "location / { proxy_pass http://a; proxy_read_timeout 9s; }\n"},
		{"more on the line", "location / {\n  proxy_pass http://a; x y;\n}\n", "location / {\n  proxy_pass http://a; proxy_read_timeout 9s; x y;\n}\n"},
		{"replaced", "location / {\n  proxy_read_timeout  '1s' ;\n  proxy_pass http://a;\n}\n", "location / {\n  proxy_read_timeout  9s ;\n  proxy_pass http://a;\n}\n"},
		{"CRLF", "location / {\r\n  proxy_pass http://a;\r\n}\r\n", "location / {\r\n  proxy_pass http://a;\r\n  proxy_read_timeout 9s;\r\n}\r\n"},
		{"end of file", "proxy_pass http://a;", "proxy_pass http://a; proxy_read_timeout 9s;"},
		{"inherited", "proxy_read_timeout 1s;\nlocation / {\n  proxy_pass http://a;\n}\n", "proxy_read_timeout 1s;\nlocation / {\n  proxy_pass http://a;\n  proxy_read_timeout 9s;\n}\n"},
	} {
		cfg := parse(t, "nginx.conf", c.before)
		p := cfg.Passes()[0]
		edits := []Edit{cfg.Set(p.Place(), p.Directive, "proxy_read_timeout", "9s")}
		if err := cfg.Check(edits); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got, err := Apply(c.before, edits); err != nil || got != c.after {
			t.Errorf("%s: got %q, %v, want %q", c.name, got, err, c.after)
		}
	}
}

// Of a directive that may stand many times the one of the same thing is set; the others stay.
func TestSetOneOfMany(t *testing.T) {
	const site = "location / {\n  proxy_pass http://a;\n  proxy_set_header Host $host;\n  proxy_set_header 'Connection' \"\";\n  error_page 404 /a;\n  set $x 1;\n}\n"
	for _, c := range []struct{ name, value, old, new string }{
		{"proxy_set_header", "Connection close", "'Connection' \"\"", "Connection close"},
		{"proxy_set_header connection", "close", "'Connection' \"\"", "connection close"},
		{"proxy_set_header", `"Host" b`, "Host $host", `"Host" b`},
		{"proxy_set_header Upgrade", "$http_upgrade", "", "  proxy_set_header Upgrade $http_upgrade;\n"},
		{"fastcgi_param X", "1", "", "  fastcgi_param X 1;\n"},
		{"error_page", "502 /b", "", "  error_page 502 /b;\n"},
		{"error_page 404", "/b", "404 /a", "404 /b"},
		{"set $X", "2", "", "  set $X 2;\n"},
		{"set $x", "2", "$x 1", "$x 2"},
		{"proxy_pass", "http://b", "http://a", "http://b"},
	} {
		cfg := parse(t, "nginx.conf", site)
		p := cfg.Passes()[0]
		if got := cfg.Set(p.Place(), p.Directive, c.name, c.value); got.Old != c.old || got.New != c.new {
			t.Errorf("%s %s: got %q for %q, want %q for %q", c.name, c.value, got.New, got.Old, c.new, c.old)
		}
	}
}

func TestSetInSnippet(t *testing.T) {
	c := parse(t, "nginx.conf", "location / { include p; proxy_pass http://a; }", "p", "proxy_read_timeout 1s;\n")
	p := c.Passes()[0]
	if got, want := c.Set(p.Place(), p.Directive, "proxy_read_timeout", "9s"), (Edit{File: "p", Offset: 19, Old: "1s", New: "9s"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestInsertBefore(t *testing.T) {
	for before, after := range map[string]string{"a b;\n  x y;\n": "a b;\n  n m;\n  x y;\n", "a b; x y;": "a b; n m;\nx y;"} {
		c := parse(t, "nginx.conf", before)
		if got, err := Apply(before, []Edit{c.InsertBefore(c.Top[1], "n m;")}); err != nil || got != after {
			t.Errorf("%q: got %q, %v, want %q", before, got, err, after)
		}
	}
}

func TestRemove(t *testing.T) {
	for before, after := range map[string]string{
		"a b;\n  x y;\nc d;\n": "a b;\nc d;\n", "a b; x y; c d;": "a b;  c d;", "  x y;  # why\n": "    # why\n", "x {\n a b;\n}\n": "",
	} {
		c := parse(t, "nginx.conf", before)
		for _, d := range c.Top {
			if d.Name != "x" {
				continue
			}
			if got, err := Apply(before, []Edit{c.Remove(d)}); err != nil || got != after {
				t.Errorf("%q: got %q, %v, want %q", before, got, err, after)
			}
		}
	}
}

func TestApplyVerifies(t *testing.T) {
	for _, edits := range [][]Edit{
		{{File: "f", Offset: 0, Old: "x", New: "y"}}, {{File: "f", Offset: 9, Old: "", New: "y"}}, {{File: "f", Offset: -1, Old: "", New: "y"}},
		{{File: "f", Offset: 0, Old: "ab", New: ""}, {File: "f", Offset: 1, Old: "b", New: ""}}, {{File: "f", Offset: 2, Old: "", New: "x"}, {File: "f", Offset: 0, Old: "", New: "y"}},
	} {
		if got, err := Apply("abc", edits); err == nil {
			t.Errorf("%+v: got %q, want an error", edits, got)
		}
	}
}

func TestDiff(t *testing.T) {
	c := parse(t, "/etc/a.conf", "location / {\n    proxy_pass http://a:1;\n}\n")
	p := c.Passes()[0]
	got, err := c.Diff(Sort([]Edit{c.Set(p.Place(), p.Directive, "x", "y"), c.ReplaceArg(p.Directive, 0, "http://a:2")}))
	want := "--- /etc/a.conf\n+++ /etc/a.conf\n@@ -1,3 +1,4 @@\n location / {\n-    proxy_pass http://a:1;\n+    proxy_pass http://a:2;\n+    x y;\n }\n"
	if err != nil || got != want {
		t.Errorf("got %v\n%s\nwant\n%s", err, got, want)
	}
}

// TestEditsLeaveTheRestAlone edits each directive of random configurations in each
// way: the result is a configuration with exactly that change.
func TestEditsLeaveTheRestAlone(t *testing.T) {
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 1))
		text := randomBlock(r, 0)
		c := parse(t, "nginx.conf", text)
		var all []*Directive
		c.Walk(func(d *Directive) { all = append(all, d) })
		for i, d := range all {
			before := texts(c)
			expectEdit(t, seed, c, c.Insert(d, "added 1;"), slices.Insert(slices.Clone(before), afterOf(all, i), "added 1"))
			expectEdit(t, seed, c, c.Remove(d), slices.Delete(slices.Clone(before), i, afterOf(all, i)))
			if len(d.Args) > 0 {
				changed := slices.Clone(before)
				changed[i] = strings.TrimSpace(d.Name + " new")
				expectEdit(t, seed, c, c.ReplaceArgs(d, "new"), changed)
			}
		}
	}
}

func expectEdit(t *testing.T, seed uint64, c *Config, e Edit, want []string) {
	t.Helper()
	before := c.Text("nginx.conf")
	after, err := Apply(before, []Edit{e})
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	if after[:e.Offset] != before[:e.Offset] || after[e.Offset+len(e.New):] != before[e.Offset+len(e.Old):] {
		t.Fatalf("seed %d: more changed than the edit says", seed)
	}
	if got := texts(parse(t, "nginx.conf", after)); !slices.Equal(got, want) {
		t.Fatalf("seed %d: %+v: got %q, want %q\nof\n%s", seed, e, got, want, before)
	}
}

// afterOf is the index behind a directive and all inside it.
func afterOf(all []*Directive, i int) int {
	n := i + 1
	for n < len(all) && all[n].Start < all[i].End {
		n++
	}
	return n
}

func randomBlock(r *rand.Rand, depth int) string {
	var b strings.Builder
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	for range 1 + r.IntN(4) {
		b.WriteString(pick("", " ", "\t", "    ", "\n", "# comment; { ' \n"))
		fmt.Fprintf(&b, "d%d", r.IntN(9))
		for range r.IntN(3) {
			b.WriteString(pick(" ", "\n  ", "\t") + pick("a", `"q;{}\" x"`, "'y # z'", "$v", "${v}w", "a\\;b", "x}y"))
		}
		if depth < 3 && r.IntN(3) == 0 {
			b.WriteString(" {" + pick("\n", " ", "\r\n") + randomBlock(r, depth+1) + "}")
		} else {
			b.WriteString(pick("", " ") + ";")
		}
		b.WriteString(pick("\n", " ", "", "\r\n", " # c\n"))
	}
	return b.String()
}

func FuzzParseConfig(f *testing.F) {
	f.Add(site)
	f.Add("a 'b\\'c' {d e;}")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parseFile("f", text, nil)
		if err != nil {
			return
		}
		walk(list, func(d *Directive) {
			if d.Start < 0 || d.End > len(text) || d.Start >= d.End {
				t.Errorf("%s: got bytes %d to %d of %d", d.Name, d.Start, d.End, len(text))
			}
		})
	})
}

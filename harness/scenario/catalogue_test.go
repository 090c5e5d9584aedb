package scenario

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/badgateway/badgateway/scenarios"
)

func TestBuiltinIsSound(t *testing.T) {
	c, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	if len(c.All()) < 14 {
		t.Errorf("got %d scenarios, want at least 14", len(c.All()))
	}
	for _, s := range c.All() {
		readme, err := c.Text(s, "README.md")
		if err != nil {
			t.Error(err)
		}
		for _, heading := range []string{"## Symptom", "## Why", "## Confirm", "## Remedy"} {
			if !strings.Contains(readme, "\n"+heading+"\n") {
				t.Errorf("%s: no heading %q", c.Path(s, "README.md"), heading)
			}
		}
		if len(s.Traps) == 0 || len(s.Hints) < 2 {
			t.Errorf("%s: %d traps and %d hints, want at least one and two", s.Name, len(s.Traps), len(s.Hints))
		}
		for _, d := range s.Drills() {
			if len(d.Traps()) == 0 {
				t.Errorf("%s/%s has no trap", d.Name, d.Variant)
			}
		}
	}
}

const sound = `title: T
level: easy
story: S
variants: {http-tcp: {}}
upstreams:
  app: {listen: {tcp: "127.0.0.1:9000"}}
probe: {path: /, expect: {status: 200}}
symptom: {status: 502, events: [{phase: connecting, outcome: refused}]}
cause: backend-down
remedy: start-backend
traps:
  - {why: w, action: reload-proxy}
hints: [a, b]
`

func TestMistakesAreNamed(t *testing.T) {
	for _, tc := range []struct{ name, old, new, want string }{
		{"nothing", "", "", ""},
		{"unknown field", "level: easy", "levle: easy", `scenarios/x/scenario.yaml:2:1: unknown field "levle"`},
		{"unknown level", "easy", "trivial", `scenarios/x/scenario.yaml:2:8: unknown level "trivial" (known: easy, medium, hard)`},
		{"unknown cause", "cause: backend-down", "cause: bad-luck", `scenarios/x/scenario.yaml:9:8: unknown cause "bad-luck"`},
		{"unknown remedy", "remedy: start-backend", "remedy: pray", `unknown remedy "pray"`},
		{"unknown variant", "http-tcp:", "http-udp:", `unknown variant "http-udp"`},
		{"no configuration", "http-tcp:", "fastcgi-tcp:", `variant fastcgi-tcp has no fastcgi-tcp.conf beside it`},
		{"no address", "tcp: \"127.0.0.1:9000\"", "unix: /run/a.sock", `scenarios/x/scenario.yaml:6:17: variant http-tcp needs an address for tcp`},
		{"a bad plan", `"127.0.0.1:9000"}`, `"127.0.0.1:9000"}, plan: {default: [respnod]}`, "scenarios/x/scenario.yaml:6:"},
		{"a step of two kinds", "probe: {", "timeline: [{await: app, idle: 1s}]\nprobe: {", "each step is exactly one of"},
		{"a boot of nothing", "probe: {", "timeline: [{boot: ap}]\nprobe: {", `unknown upstream "ap"`},
		{"a boot of a fake", "probe: {", "timeline: [{boot: app}]\nprobe: {", "boot: app is no real backend"},
		{"a bad step behind a probe", "expect: {status: 200}}", "after: [{idle: 1s, resume: app}], expect: {status: 200}}", "each step is exactly one of"},
		{"a missing field", "remedy: start-backend\n", "", `field "remedy" is missing`},
	} {
		t.Run(tc.name, func(t *testing.T) { expectMistake(t, tc.old, tc.new, tc.want) })
	}
}

func TestMistakesOfChangesAreNamed(t *testing.T) {
	for _, tc := range []struct{ name, new, want string }{
		{"a trap of two kinds", "action: reload-proxy, edit: {directive: a, value: b}", "a trap is exactly one of edit, edits, file and action"},
		{"a trap in no variant", "action: reload-proxy, only: unix", "only unix is of no variant"},
		{"an outcome of nothing", "action: reload-proxy, to: {default: [serve]}", "to is of an action on an upstream"},
		{"an outcome without sense", "action: change-backend, upstream: app, to: {default: [respnod]}", "scenarios/x/scenario.yaml:12:"},
		{"a trap of no edits", "edits: []", "a trap is exactly one of edit, edits, file and action"},
		{"an edit and edits", "edit: {directive: a, value: b}, edits: [{directive: a, value: b}]", "a trap is exactly one of edit, edits, file and action"},
		{"an edit to nothing", "edits: [{directive: a, value: b}, {directive: c}]", "an edit of c has a value, or remove: true"},
		{"a value of what is removed", "edit: {directive: a, value: b, remove: true}", "an edit of a has a value, or remove: true"},
		{"one that is added and replaced", "edit: {directive: a, value: b, at: c, add: true}", "with add: true it has no at"},
		{"a trap on nothing", "action: restart-backend, upstream: ap", `unknown upstream "ap"`},
	} {
		t.Run(tc.name, func(t *testing.T) { expectMistake(t, "action: reload-proxy", tc.new, tc.want) })
	}
}

// expectMistake reads the sound scenario with one part replaced; the error is one line. An empty want is for none.
func expectMistake(t *testing.T, old, new, want string) {
	t.Helper()
	_, err := Read(fstest.MapFS{
		"x/scenario.yaml": {Data: []byte(strings.Replace(sound, old, new, 1))}, "x/http-tcp.conf": {}, "x/README.md": {},
	}, "scenarios")
	switch {
	case want == "" && err != nil:
		t.Errorf("got %v, want no error", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("got %v, want %q", err, want)
	case err != nil && strings.Contains(err.Error(), "\n"):
		t.Errorf("got more than one line: %v", err)
	}
}

func TestFindSuggests(t *testing.T) {
	c, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"wrong-portt":   "did you mean wrong-port?",
		"firewall-drop": "did you mean connect-timeout?",
		"zzz":           "known: all-marked-down, app-hang, ",
	} {
		if _, err := c.Find(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Find(%q): got %v, want %q", name, err, want)
		}
	}
}

// A folder without a scenario.yaml would be carried along and never run.
func TestNoFolderIsForgotten(t *testing.T) {
	entries, err := fs.ReadDir(scenarios.FS, ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == "causes" { // the generated pages
			continue
		}
		if _, err := fs.Stat(scenarios.FS, e.Name()+"/scenario.yaml"); err != nil {
			t.Errorf("scenarios/%s: %v", e.Name(), err)
		}
	}
}

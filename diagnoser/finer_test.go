package diagnoser

import (
	"strings"
	"testing"
)

// TestEveryFormHasItsCause: each finer name is there once, means a cause that is there, and is explained in full.
func TestEveryFormHasItsCause(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Forms() {
		if seen[f.Name] {
			t.Errorf("%s stands twice", f.Name)
		}
		seen[f.Name] = true
		if _, ok := CauseNamed(f.Cause); !ok {
			t.Errorf("%s: cause %q is not in causes.json", f.Name, f.Cause)
		}
		if _, ok := CauseNamed(f.Name); ok || f.Meaning == "" {
			t.Errorf("got %+v", f)
		}
		text, err := Explain(f.Name)
		if err != nil || !strings.HasPrefix(text, f.Name+": ") || !strings.Contains(text, f.Cause+": ") {
			t.Errorf("%s: got %v, %.200q", f.Name, err, text)
		}
	}
	if len(seen) == 0 {
		t.Error("got no finer names")
	}
}

// TestEveryCauseIsExplained: what it is, how to confirm it, what mends it, what only hides it, where the rule comes from.
func TestEveryCauseIsExplained(t *testing.T) {
	for _, c := range Causes() {
		if d := docOf(c.Name); d.What == "" || d.Confirm == "" || d.Mends == "" || d.Hides == "" || d.Source == "" {
			t.Errorf("%s: got documentation %+v", c.Name, d)
		}
		if _, ok := docsOf[c.Name]; ok && rules[c.Name].judge != nil {
			t.Errorf("%s: documented twice", c.Name)
		}
	}
}

func TestFormsOfACause(t *testing.T) {
	text, err := Explain("network-unreachable")
	if err != nil || !strings.Contains(text, "tcp.blackhole_route") {
		t.Errorf("got %v, %q", err, text)
	}
}

package drill

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/harness/scenario"
	"github.com/badgateway/badgateway/harness/sidecar"
)

// Every recorded drill is diagnosed again, without Docker: as its scenario
// declares, with a remedy that still fits the configuration.
func TestReplay(t *testing.T) {
	catalogue, err := scenario.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range catalogue.Drills() {
		files, err := filepath.Glob(filepath.Join("..", "..", "scenarios", d.Name, "recorded", d.Variant+"-*.json"))
		if err != nil || len(files) == 0 {
			t.Errorf("%s/%s: nothing is recorded (%v); make record", d.Name, d.Variant, err)
		}
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".json")
			t.Run(d.Name+"/"+name, func(t *testing.T) { replay(t, catalogue, d, file) })
		}
	}
}

func replay(t *testing.T, catalogue *scenario.Catalogue, d scenario.Drill, file string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := &Session{Drill: d}
	if err := json.Unmarshal(data, &s.Evidence); err != nil {
		t.Fatal(err)
	}
	if s.conf, err = catalogue.Text(d.Scenario, d.Conf()); err != nil {
		t.Fatal(err)
	}
	if len(s.Evidence.Config) == 0 || s.Evidence.Config[0].Text != s.conf {
		t.Fatalf("%s was recorded with another configuration; make record", file)
	}
	if s.Report, err = diagnoser.Examine(t.Context(), s.Evidence); err != nil {
		t.Fatal(err)
	}
	for _, m := range s.judge() {
		t.Error(m)
	}
	hintsKeepTheirSecret(t, s)
	asksAgain(t, s.Evidence)
	if r := s.proposed(); r != nil && r.Action == diagnoser.EditConfig {
		if edited, err := applyEdits(s.conf, r.Edits); err != nil || edited == s.conf {
			t.Errorf("the remedy does not change %s: %v", sidecar.ConfigPath, err)
		}
	}
}

// asksAgain tells whether the diagnoser would ask today what was answered then: an answer that nobody asks for is none in a live drill.
func asksAgain(t *testing.T, ev evidence.Evidence) {
	t.Helper()
	asked := diagnoser.AskBackends(ev)
	for _, p := range ev.Probes {
		if !slices.ContainsFunc(asked, func(q evidence.Question) bool { return q.Target == p.Target }) {
			t.Errorf("an answer of %s is recorded, and the diagnoser does not ask it", p.Target)
		}
	}
}

// A hint leads to the remedy; it does not hold a line of it.
func hintsKeepTheirSecret(t *testing.T, s *Session) {
	remedy := s.proposed()
	if remedy == nil {
		return
	}
	for line := range strings.Lines(remedy.Diff) {
		text := strings.TrimSpace(strings.TrimLeft(line, "+-"))
		if !strings.HasPrefix(line, "+") || strings.HasPrefix(line, "+++") || text == "" {
			continue
		}
		for _, hint := range s.Hints {
			if strings.Contains(hint, strings.TrimSuffix(text, ";")) {
				t.Errorf("hint %q holds a line of the remedy: %s", hint, text)
			}
		}
	}
}

package drill

import (
	"fmt"
	"strings"
	"time"

	"github.com/badgateway/badgateway/harness/scenario"
)

// Verdict is what became of a drill.
type Verdict string

// The verdicts. A drill is inconclusive when it did not do as declared, or was only said to, while the machine was
// late by more than the drill bears: what was measured then decides nothing.
const (
	Passed       Verdict = "passed"
	Failed       Verdict = "failed"
	Inconclusive Verdict = "inconclusive"
)

// Result is one line of report/scenarios.json.
type Result struct {
	Scenario   string     `json:"scenario"`
	Variant    string     `json:"variant"`
	Proxy      string     `json:"proxy"`
	Version    string     `json:"version"`
	Status     int        `json:"status"`    // what the client got while it was broken
	Cause      string     `json:"cause"`     // declared
	Diagnosed  string     `json:"diagnosed"` // the first finding's; empty for none
	Certainty  string     `json:"certainty"`
	Remedy     string     `json:"remedy"` // the action that was proposed and applied
	Recovered  bool       `json:"recovered"`
	TrapsHeld  bool       `json:"traps_held"` // every wrong fix left the symptom
	Seconds    float64    `json:"seconds"`    // from the pod's start to its removal
	Verdict    Verdict    `json:"verdict"`
	Mismatches Mismatches `json:"mismatches,omitempty"` // none of a drill that passed
	// Late is by how much the machine was late in that step in which it was latest, in nanoseconds.
	Late time.Duration `json:"late"`
	// Disturbed says what makes an inconclusive drill one: "315ms late while …; it bears 250ms".
	Disturbed string `json:"disturbed,omitempty"`
	// First is the run before this one, which was inconclusive: this one was made alone.
	First *Result `json:"first,omitempty"`
}

func newResult(d scenario.Drill, p Proxy) Result {
	return Result{Scenario: d.Name, Variant: d.Variant, Proxy: p.Kind, Version: p.Version, Cause: d.Cause}
}

// Name is "wrong-port/http-tcp nginx 1.30".
func (r Result) Name() string {
	return fmt.Sprintf("%s/%s %s %s", r.Scenario, r.Variant, r.Proxy, r.Version)
}

// Mismatch is one way in which a drill did not do as declared.
type Mismatch struct {
	Step string `json:"step"` // and, behind a colon, what of it: a trap
	Want string `json:"want"`
	Got  string `json:"got"`
}

func (m Mismatch) String() string {
	text := fmt.Sprintf("got %s, want %s", m.Got, m.Want)
	if m.Step != "" {
		text = m.Step + ": " + text
	}
	return text
}

// Mismatches are the ways in which a drill did not do as declared; an empty list is a pass.
type Mismatches []Mismatch

func (m *Mismatches) add(want, got string) { *m = append(*m, Mismatch{Want: want, Got: got}) }

// of names the step, or the part of one, in which they were found.
func (m Mismatches) of(format string, args ...any) Mismatches {
	step := fmt.Sprintf(format, args...)
	named := make(Mismatches, len(m))
	for i, one := range m {
		one.Step = strings.TrimSuffix(step+": "+one.Step, ": ")
		named[i] = one
	}
	return named
}

func (m Mismatches) String() string {
	list := make([]string, len(m))
	for i, one := range m {
		list[i] = one.String()
	}
	return strings.Join(list, "; ")
}

package drill

import (
	"fmt"
	"strings"

	"github.com/badgateway/badgateway/harness/scenario"
)

// Result is one line of report/scenarios.json.
type Result struct {
	Scenario  string  `json:"scenario"`
	Variant   string  `json:"variant"`
	Proxy     string  `json:"proxy"`
	Version   string  `json:"version"`
	Status    int     `json:"status"`    // what the client got while it was broken
	Cause     string  `json:"cause"`     // declared
	Diagnosed string  `json:"diagnosed"` // the first finding's; empty for none
	Certainty string  `json:"certainty"`
	Remedy    string  `json:"remedy"` // the action that was proposed and applied
	Recovered bool    `json:"recovered"`
	TrapsHeld bool    `json:"traps_held"` // every wrong fix left the symptom
	Seconds   float64 `json:"seconds"`    // from the pod's start to its removal
	Passed    bool    `json:"passed"`
	Why       string  `json:"why,omitempty"` // what did not match, when it did not pass
}

func newResult(d scenario.Drill, p Proxy) Result {
	return Result{Scenario: d.Name, Variant: d.Variant, Proxy: p.Kind, Version: p.Version, Cause: d.Cause}
}

// Name is "wrong-port/http-tcp nginx 1.30".
func (r Result) Name() string {
	return fmt.Sprintf("%s/%s %s %s", r.Scenario, r.Variant, r.Proxy, r.Version)
}

// Mismatches are the ways in which a drill did not do as declared; an empty list is a pass.
type Mismatches []string

func (m *Mismatches) add(format string, args ...any) { *m = append(*m, fmt.Sprintf(format, args...)) }

func (m Mismatches) String() string { return strings.Join(m, "; ") }

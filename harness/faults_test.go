package harness

import (
	"testing"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/simulator/faults"
)

// Names of causes and events cross as strings: here they meet.
func TestFaultsNameKnownCauses(t *testing.T) {
	phases := map[string]bool{evidence.Selecting: true, evidence.Resolving: true, evidence.Connecting: true, evidence.Handshaking: true,
		evidence.Sending: true, evidence.ReadingHeader: true, evidence.ReadingBody: true, evidence.Upgraded: true}
	results := map[string]bool{evidence.Refused: true, evidence.TimedOut: true, evidence.Reset: true, evidence.ClosedEarly: true,
		evidence.Unreachable: true, evidence.Denied: true, evidence.Missing: true, evidence.Exhausted: true, evidence.TooBig: true,
		evidence.Invalid: true, evidence.NoneLive: true, evidence.NotFound: true}
	for f := range faults.All() {
		if _, ok := diagnoser.CauseNamed(f.Cause); !ok && f.Cause != "" {
			t.Errorf("fault %s: unknown cause %q", f.Name, f.Cause)
		}
		for _, o := range f.Outcomes {
			for _, o := range append(o.Or, o) {
				if o.Phase != "" && (!phases[o.Phase] || !results[o.Result]) {
					t.Errorf("fault %s: there is no event %q, %q", f.Name, o.Phase, o.Result)
				}
			}
		}
	}
}

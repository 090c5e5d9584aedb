package drill

import (
	"slices"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/harness/scenario"
)

// matches compares a logged event with a declared one, or with what it may be instead; an errno that is not declared may be any.
func matches(want scenario.Event) func(evidence.Event) bool {
	return func(got evidence.Event) bool {
		same := got.Phase == want.Phase && got.Outcome == want.Outcome && (want.Errno == 0 || got.Errno == want.Errno)
		return same || slices.ContainsFunc(want.Or, func(other scenario.Event) bool { return matches(other)(got) })
	}
}

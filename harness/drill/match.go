package drill

import (
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/harness/scenario"
)

// matches compares a logged event with a declared one; an errno that is not declared may be any.
func matches(want scenario.Event) func(evidence.Event) bool {
	return func(got evidence.Event) bool {
		return got.Phase == want.Phase && got.Outcome == want.Outcome && (want.Errno == 0 || got.Errno == want.Errno)
	}
}

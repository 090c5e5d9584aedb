package matchers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/onsi/gomega/types"

	"github.com/badgateway/badgateway/simulator"
)

// Journaler has a journal, as *simulator.Server does.
type Journaler interface {
	Journal(since uint64) (entries []simulator.Entry, overflow uint64)
}

// Entries returns the journal of a matcher's subject, for WithTransform. It is an
// error when the bounded journal has lost entries: what is not there could then have been.
func Entries(actual any) ([]simulator.Entry, error) {
	switch actual := actual.(type) {
	case []simulator.Entry:
		return actual, nil
	case Journaler:
		entries, lost := actual.Journal(0)
		if lost > 0 {
			return nil, fmt.Errorf("the journal has lost its first %d entries; give simulator.Config a longer Journal", lost)
		}
		return entries, nil
	}
	return nil, fmt.Errorf("want a *simulator.Server, something with its Journal method, or []simulator.Entry, got %T", actual)
}

// OfConn returns the entries of the n-th connection, from 1 in the order of accept, for WithTransform.
func OfConn(n uint64) func(actual any) ([]simulator.Entry, error) {
	return func(actual any) ([]simulator.Entry, error) {
		entries, err := Entries(actual)
		return slices.DeleteFunc(slices.Clone(entries), func(e simulator.Entry) bool { return e.Conn != n }), err
	}
}

// journal is a matcher on the entries of a journal.
type journal struct {
	wanted string // completes "Expected the journal … to …"
	holds  func([]simulator.Entry) (bool, error)
	seen   []simulator.Entry
}

func matcher(holds func([]simulator.Entry) (bool, error), format string, args ...any) types.GomegaMatcher {
	return &journal{wanted: fmt.Sprintf(format, args...), holds: holds}
}

// Match implements types.GomegaMatcher.
func (m *journal) Match(actual any) (bool, error) {
	var err error
	if m.seen, err = Entries(actual); err != nil {
		return false, err
	}
	return m.holds(m.seen)
}

// FailureMessage implements types.GomegaMatcher.
func (m *journal) FailureMessage(any) string {
	return "Expected the journal\n" + text(m.seen) + "to " + m.wanted
}

// NegatedFailureMessage implements types.GomegaMatcher.
func (m *journal) NegatedFailureMessage(any) string {
	return "Expected the journal\n" + text(m.seen) + "not to " + m.wanted
}

// shown is how many entries a failure shows; the first ones rarely tell more.
const shown = 60

func text(entries []simulator.Entry) string {
	var b strings.Builder
	if n := len(entries) - shown; n > 0 {
		fmt.Fprintf(&b, "    … %d entries before\n", n)
		entries = entries[n:]
	}
	for _, e := range entries {
		b.WriteString("    " + e.String() + "\n")
	}
	if len(entries) == 0 {
		b.WriteString("    (empty)\n")
	}
	return b.String()
}

// some tells whether an entry has all of what is asked.
func some(entries []simulator.Entry, has func(simulator.Entry) (bool, error)) (bool, error) {
	for _, e := range entries {
		if ok, err := has(e); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

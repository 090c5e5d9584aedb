package faults

import (
	"slices"
	"strconv"
	"strings"
)

// Form says in what form an answer reaches the proxy's client.
type Form string

// Forms of an answer.
const (
	Whole         Form = ""               // a complete answer with Outcome.Status
	Truncated     Form = "truncated"      // the status, and a body that ends too early
	PassedThrough Form = "passed through" // the upstream's bytes in place of an answer; nginx logs the status 009
	Nothing       Form = "nothing"        // the connection ends without a byte
)

// Outcome is what nginx makes of a fault. Phase, Result and Errno are read from its error log.
type Outcome struct {
	At    []Place // where it holds; everywhere when nil
	Since string  // the first version of nginx for which it holds, such as "1.26"; all when empty
	Until string  // the last such version; all when empty

	Status int // that the client gets
	Form   Form
	Phase  string // what nginx was doing, from its log; empty when it logs nothing
	Result string // how that ended: "refused", "timed out", "reset", "closed early", "invalid" and others
	Errno  int    // Linux numbering; 0 when the log names none
	Log    string // words of the log line
	// Again is what nginx logged of a second try, which it makes over another connection.
	Again *Outcome
	// Or are further outcomes where scheduling decides, such as a race of an answer with a reset.
	Or []Outcome
}

// Answer says what the client gets: "502", "200 truncated", "passed through".
func (o Outcome) Answer() string {
	switch {
	case o.Form == Whole:
		return strconv.Itoa(o.Status)
	case o.Status == 0:
		return string(o.Form)
	default:
		return strconv.Itoa(o.Status) + " " + string(o.Form)
	}
}

// Expect is the outcome at a place for a version of nginx such as "1.22"; false
// when none is declared, which is a mistake in this package.
func (f *Fault) Expect(p Place, version string) (Outcome, bool) {
	for _, o := range f.Outcomes {
		if o.holds(p, version) {
			return o, true
		}
	}
	return Outcome{}, false
}

func (o Outcome) holds(p Place, version string) bool {
	return (o.At == nil || slices.Contains(o.At, p)) &&
		(o.Since == "" || number(version) >= number(o.Since)) &&
		(o.Until == "" || number(version) <= number(o.Until))
}

// number makes versions comparable: "1.22.1" is 1022.
func number(version string) int {
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	a, _ := strconv.Atoi(major)
	b, _ := strconv.Atoi(minor)
	return a*1000 + b
}

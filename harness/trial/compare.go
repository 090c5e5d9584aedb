package trial

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/faults"
)

// timer is what every timeout of the configuration is; nginx counts in
// milliseconds that it has cached, so that an answer can come a little sooner.
const timer = time.Second - 50*time.Millisecond

// Compare lists what differs from the outcome that the fault declares for this version of nginx.
func Compare(r Row, version string, s Seen) []string {
	want, ok := r.Fault.Expect(r.Place, version)
	if !ok {
		return []string{"no outcome is declared"}
	}
	differences := differ(want, s)
	if Shows(want, s) {
		differences = nil
	}
	if len(s.Alarms) > 0 {
		differences = append(differences, "nginx is alarmed: "+strings.Join(s.Alarms, "; "))
	}
	return append(differences, failures(s.Journal)...)
}

// Shows tells whether an outcome, or one of those that it names beside it, is what was seen.
func Shows(want faults.Outcome, s Seen) bool {
	return len(differ(want, s)) == 0 || slices.ContainsFunc(want.Or, func(o faults.Outcome) bool { return len(differ(o, s)) == 0 })
}

// differ compares with one outcome.
func differ(want faults.Outcome, s Seen) (differences []string) {
	add := func(format string, args ...any) { differences = append(differences, fmt.Sprintf(format, args...)) }
	if want.Status != s.Status || want.Form != s.Form {
		add("the client got %s, want %s", faults.Outcome{Status: s.Status, Form: s.Form}.Answer(), want.Answer())
	}
	if !strings.Contains(s.Log, want.Log) {
		add("the log does not say %q", want.Log)
	}
	if want.Log == "" && (strings.Contains(s.Log, "[error]") || strings.Contains(s.Log, "[crit]")) {
		add("the log says something")
	}
	got, wanted := events(s.Events), event(want.Phase, want.Result, want.Errno)
	if again := want.Again; again != nil {
		wanted += ", " + event(again.Phase, again.Result, again.Errno)
		if !strings.Contains(s.Log, again.Log) {
			add("the log does not say %q", again.Log)
		}
	}
	if got != wanted {
		add("the log tells of %s, want %s", or(got), or(wanted))
	}
	if want.Result == timedOut && s.Took < timer {
		add("a timeout of 1 s ended after %s", s.Took)
	}
	return differences
}

const timedOut = evidence.TimedOut

func event(phase, result string, errno int) string {
	if phase == "" {
		return ""
	}
	if errno != 0 {
		return fmt.Sprintf("%s: %s (%d)", phase, result, errno)
	}
	return phase + ": " + result
}

func events(list []evidence.Event) string {
	var all []string
	for _, e := range list {
		all = append(all, event(e.Phase, e.Outcome, e.Errno))
	}
	return strings.Join(all, ", ")
}

func or(text string) string {
	if text == "" {
		return "no upstream error"
	}
	return text
}

// failures are steps of the simulator that did not have their effect.
func failures(journal []simulator.Entry) (list []string) {
	for _, e := range journal {
		if e.Kind == simulator.KindFailed {
			list = append(list, "the simulator: "+e.Text)
		}
	}
	return list
}

// Tail is the end of a journal, for people.
func Tail(journal []simulator.Entry, n int) string {
	var b strings.Builder
	for _, e := range journal[max(0, len(journal)-n):] {
		b.WriteString(e.String() + "\n")
	}
	return b.String()
}

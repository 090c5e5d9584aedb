package drill

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/harness/scenario"
	"github.com/badgateway/badgateway/harness/sidecar"
)

// Observation is one look at the proxy: the answer, and what was logged meanwhile.
type Observation struct {
	Seen sidecar.Seen
	Log  sidecar.Events
}

// look lets the timeline happen, asks once and reads the log from before both.
func (s *Session) look(ctx context.Context) (Observation, error) {
	var o Observation
	mark, err := s.client.Mark(ctx)
	if err != nil {
		return o, err
	}
	if o.Seen, err = s.ask(ctx, slices.Concat(s.Timeline, s.Probe.Before)); err != nil {
		return o, err
	}
	o.Log, err = s.client.Log(ctx, mark)
	return o, err
}

// ask probes once, between what goes before and what comes behind.
func (s *Session) ask(ctx context.Context, before []scenario.Act) (seen sidecar.Seen, err error) {
	if before, err = s.lead(ctx, before); err != nil {
		return seen, err
	}
	if seen, err = s.client.Probe(ctx, sidecar.Look{Before: before, Request: s.request(), During: s.Probe.During, Tag: s.tag}); err != nil {
		return seen, err
	}
	return seen, s.act(ctx, s.Probe.After)
}

// request is the probe's, spelled out: an empty one would not be sent.
func (s *Session) request() scenario.Request {
	q := s.Probe.Request
	if q.Path == "" {
		q.Path = "/"
	}
	return q
}

// Symptom looks at the broken proxy and compares with the declaration.
func (s *Session) Symptom(ctx context.Context) (Mismatches, error) {
	o, err := s.look(ctx)
	if err != nil {
		return nil, fmt.Errorf("look at the symptom: %w", err)
	}
	s.First, s.Result.Status = o, o.Seen.Status
	if s.moments, err = s.witness(ctx, o.Seen); err != nil {
		return nil, fmt.Errorf("read the journals: %w", err)
	}
	return s.compare(o), nil
}

// cachedClock is by how much a timer of nginx may fire early: it is set from the time that was
// cached when the event loop last woke up (ngx_current_msec), not from the present.
const cachedClock = 20 * time.Millisecond

func (s *Session) compare(o Observation) Mismatches {
	var m Mismatches
	want := s.Drill.Symptom()
	if o.Seen.Status != want.Status {
		m.add(fmt.Sprint("status ", want.Status), answered(o.Seen))
	}
	if o.Seen.Cut != want.Cut {
		m.add(bodyIs(want.Cut), bodyIs(o.Seen.Cut))
	}
	if want.Blank && o.Seen.Body != "" {
		m.add("an empty page", fmt.Sprintf("%.40q", o.Seen.Body))
	}
	if o.Seen.Took < want.After-cachedClock {
		m.add(fmt.Sprintf("an answer after %v or more", want.After), fmt.Sprintf("one after %v", o.Seen.Took))
	}
	for _, e := range want.Events {
		if !slices.ContainsFunc(o.Log.Events, matches(e)) {
			m.add(fmt.Sprintf("%q in the log", describe(e)), logged(o.Log))
		}
	}
	for _, e := range o.Log.Events {
		if !slices.ContainsFunc(want.Events, func(w scenario.Event) bool { return matches(w)(e) }) {
			m.add("no other event in the log", fmt.Sprintf("%q", described(e)))
		}
	}
	return append(m, s.alarmed(o)...)
}

// alarmed takes those alarms out of the account that are declared, and asks for each of them.
func (s *Session) alarmed(o Observation) (m Mismatches) {
	want := s.Drill.Symptom().Alarms
	for _, w := range want {
		if !slices.ContainsFunc(o.Log.Alarms, func(a string) bool { return strings.Contains(a, w) }) {
			m.add(fmt.Sprintf("an alarm %q in the log", w), "none")
		}
	}
	var others Observation
	for _, a := range o.Log.Alarms {
		if !slices.ContainsFunc(want, func(w string) bool { return strings.Contains(a, w) }) {
			others.Log.Alarms = append(others.Log.Alarms, a)
		}
	}
	return append(m, alarms(others)...)
}

// alarms: the proxy itself must be well, whatever its backend does.
func alarms(o Observation) (m Mismatches) {
	for _, a := range o.Log.Alarms {
		m.add("no alarm in the log", a)
	}
	return m
}

func describe(e scenario.Event) string {
	text := e.Phase + ", " + e.Outcome
	if e.Errno != 0 {
		text += fmt.Sprintf(" (%d)", e.Errno)
	}
	for _, other := range e.Or {
		text += " or " + describe(other)
	}
	return text
}

// described is an event that was logged, in the words of a declaration.
func described(e evidence.Event) string {
	return describe(scenario.Event{Phase: e.Phase, Outcome: e.Outcome, Errno: e.Errno})
}

// logged lists the events of a log in the words of a declaration.
func logged(l sidecar.Events) string {
	if len(l.Events) == 0 {
		return "no event"
	}
	list := make([]string, len(l.Events))
	for i, e := range l.Events {
		list[i] = fmt.Sprintf("%q", described(e))
	}
	return strings.Join(list, ", ")
}

// answered is what a client got: "status 504", or the error in place of one.
func answered(seen sidecar.Seen) string {
	text := fmt.Sprint("status ", seen.Status)
	if seen.Status == 0 {
		text = "no answer"
	}
	if seen.Error != "" {
		text += " (" + seen.Error + ")"
	}
	return text
}

func bodyIs(cut bool) string {
	if cut {
		return "a body that is cut short"
	}
	return "a whole body"
}

func expected(want scenario.Expect) string {
	text := fmt.Sprint("status ", want.Status)
	if want.Body != "" {
		text += fmt.Sprintf(" with %q", want.Body)
	}
	return text
}

// SteadyProbes is how many probes in a row must be well before a remedy counts.
const SteadyProbes = 3

// steady lets the timeline happen once and then asks n times in a row.
func (s *Session) steady(ctx context.Context, n int) (Mismatches, error) {
	var m Mismatches
	if err := s.act(ctx, s.Timeline); err != nil {
		return nil, err
	}
	mark, err := s.client.Mark(ctx)
	if err != nil {
		return nil, err
	}
	for i := range n {
		seen, err := s.ask(ctx, s.Probe.Before)
		if err != nil {
			return nil, err
		}
		if want := s.Probe.Expect; seen.Status != want.Status || seen.Cut || !strings.Contains(seen.Body, want.Body) {
			m.add(expected(want), fmt.Sprintf("%s from probe %d of %d", answered(seen), i+1, n))
		}
	}
	log, err := s.client.Log(ctx, mark)
	if err != nil {
		return nil, err
	}
	for _, e := range log.Events {
		if !slices.ContainsFunc(s.Probe.Expect.Events, func(w scenario.Event) bool { return matches(w)(e) }) {
			m.add("no new upstream error in the log", fmt.Sprintf("%q", e.Text))
		}
	}
	return append(m, alarms(Observation{Log: log})...), nil
}

package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/harness/drill"
)

// The elements are those that both Jenkins (xunit-plugin, junit-10.xsd) and Maven Surefire
// (surefire-test-report.xsd) allow, in the order of the latter. Properties are a suite's there, so
// each proxy and variant is a suite.
type junitSuites struct {
	XMLName  xml.Name      `xml:"testsuites"`
	Name     string        `xml:"name,attr"`
	Tests    int           `xml:"tests,attr"`
	Failures int           `xml:"failures,attr"`
	Errors   int           `xml:"errors,attr"`
	Time     string        `xml:"time,attr"`
	Suites   []*junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
	seconds    float64
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitProblem `xml:"failure"`
	Error   *junitProblem `xml:"error"`
	Flaky   *junitFlaky   `xml:"flakyError"`
	Out     *junitText    `xml:"system-out"`
}

type junitProblem struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",cdata"`
}

// junitFlaky is a first run that decided nothing, of a test that passed when it was run again.
type junitFlaky struct {
	Type    string    `xml:"type,attr"`
	Message string    `xml:"message,attr"`
	Text    junitText `xml:"stackTrace"`
}

// junitText keeps its lines: other text is written with &#xA; in the place of a newline.
type junitText struct {
	Text string `xml:",cdata"`
}

// JUnit writes a run as JUnit's XML, a test case for each drill. An inconclusive drill is an error:
// a failure would say that it was seen to be wrong, and what is skipped is shown by most readers as
// if all were well. A run that is not complete has one case more, with an error that says so.
func JUnit(w io.Writer, run Run, records []drill.Record) error {
	all := junitSuites{Name: "badgateway", Time: junitTime(run.Seconds)}
	var c Counts
	for _, r := range records {
		c.Add(r.Result)
		all.suite(r.Result).add(newJUnitCase(r), r.Result.Seconds)
	}
	if text := incomplete(run, c); text != "" {
		s := &junitSuite{Name: "run"}
		s.add(junitCase{Class: "run", Name: "is complete", Error: &junitProblem{"incomplete", text, text}}, 0)
		all.Suites = append(all.Suites, s)
	}
	for _, s := range all.Suites {
		s.Time = junitTime(s.seconds)
		all.Tests, all.Failures, all.Errors = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// suite is the one for a drill's proxy and variant.
func (all *junitSuites) suite(r drill.Result) *junitSuite {
	name := fmt.Sprintf("%s %s %s", r.Proxy, r.Version, r.Variant)
	if i := slices.IndexFunc(all.Suites, func(s *junitSuite) bool { return s.Name == name }); i >= 0 {
		return all.Suites[i]
	}
	s := &junitSuite{
		Name:       name,
		Properties: []junitProperty{{"proxy", r.Proxy}, {"version", r.Version}, {"variant", r.Variant}},
	}
	all.Suites = append(all.Suites, s)
	return s
}

func (s *junitSuite) add(c junitCase, seconds float64) {
	c.Time = junitTime(seconds)
	s.Cases, s.Tests, s.seconds = append(s.Cases, c), s.Tests+1, s.seconds+seconds
	if c.Failure != nil {
		s.Failures++
	}
	if c.Error != nil {
		s.Errors++
	}
}

func newJUnitCase(r drill.Record) junitCase {
	result := r.Result
	c := junitCase{
		Class: result.Scenario, Name: fmt.Sprintf("%s %s %s", result.Variant, result.Proxy, result.Version),
		Out: &junitText{essentials(r)},
	}
	switch result.Verdict {
	case drill.Passed:
		if first := result.First; first != nil {
			c.Flaky = &junitFlaky{string(drill.Inconclusive), escaped(first.Disturbed), junitText{problem(*first)}}
		}
	case drill.Inconclusive:
		c.Error = &junitProblem{string(drill.Inconclusive), escaped("inconclusive: " + result.Disturbed), problem(result)}
	default:
		c.Failure = &junitProblem{string(drill.Failed), headline(result), problem(result)}
	}
	return c
}

// problem are the three lines of a drill that did not pass.
func problem(r drill.Result) string {
	lines, more := reason(r)
	for i, line := range lines {
		lines[i] = escaped(line)
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(lines, "\n")
}

// headline is one line for lists of failures.
func headline(r drill.Result) string {
	if len(r.Mismatches) == 0 {
		return "it ended early"
	}
	return escaped(r.Mismatches[0].String())
}

func junitTime(seconds float64) string { return fmt.Sprintf("%.3f", seconds) }

// essentials are the story in some lines.
func essentials(r drill.Record) string {
	var b strings.Builder
	say := func(format string, args ...any) {
		b.WriteString(escaped(fmt.Sprintf(format, args...)) + "\n")
	}
	say("%s", r.Story.Title)
	say("symptom: status %d after %s", r.Result.Status, brief(r.Story.Seen.Took))
	for _, e := range r.Story.Events {
		say("log: %s", e.Text)
	}
	say("diagnosis: %s, %s; declared: %s", r.Result.Diagnosed, r.Result.Certainty, r.Result.Cause)
	for _, t := range r.Story.Traps {
		say("trap: %s %d with %s", held(t.Held), t.Status, t.Name)
	}
	say("remedy: %s; recovered: %t", r.Result.Remedy, r.Result.Recovered)
	for _, m := range r.Result.Mismatches {
		say("mismatch: %s", m)
	}
	say("more: %s#%s", PageName, Anchor(r.Result))
	return b.String()
}

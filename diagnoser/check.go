package diagnoser

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// Severities of a check, in the words of SARIF.
const (
	SeverityError   = "error"   // the proxy does not start, or requests fail for sure
	SeverityWarning = "warning" // requests fail under conditions that are usual
	SeverityNote    = "note"    // worth knowing
)

// check recognises one mistake in a configuration, before a request fails of it.
type check struct {
	name     string // kebab-case
	cause    string // of causes.json: what it leads to
	severity string
	doc      CheckDoc
	look     func(in *inquiry) []remark
}

// CheckDoc explains a check to a person.
type CheckDoc struct {
	What  string // the mistake and its effect
	Mends string // what mends it
	From  string // where nginx says or does so: a function of its source, or a directive of its documentation
	// Versions of nginx that it concerns; empty means all.
	Versions string
}

// remark is one place at which a check found its mistake.
type remark struct {
	at        *nginx.Directive
	certainty string
	says      string // what is wrong here and what comes of it
	upstream  string
	evidence  []Fact
	against   []Fact
	decides   string // the command that would decide, where it is not proved
	remedies  []Remedy
}

var checks = map[string]check{}

// registerCheck adds a check at start. Two of one name are a programming error.
func registerCheck(c check) bool {
	if _, ok := checks[c.name]; ok {
		panic(fmt.Sprintf("diagnoser: two checks named %s", c.name))
	}
	checks[c.name] = c
	return true
}

// CheckInfo describes a check.
type CheckInfo struct {
	Name     string
	Cause    string
	Severity string
	Doc      CheckDoc
}

// Checks returns all checks, sorted by name.
func Checks() (all []CheckInfo) {
	for _, name := range slices.Sorted(maps.Keys(checks)) {
		c := checks[name]
		all = append(all, CheckInfo{c.name, c.cause, c.severity, c.doc})
	}
	return all
}

// Check looks for mistakes in the configuration alone: no line of a log tells of
// them yet. Facts of the host and probes, either of which may be missing, decide
// what the configuration leaves open. Findings are ordered by severity, certainty and place.
func (r *Reading) Check(host *evidence.Host, probes []evidence.Probe) *Report {
	in := r.inquire(host, probes)
	report := &Report{Version: ReportVersion, Summary: r.summary, Findings: []Finding{}}
	if v, ok := in.configVerdict(); ok {
		report.Findings = append(report.Findings, v.Finding)
	}
	for _, name := range slices.Sorted(maps.Keys(checks)) {
		c := checks[name]
		for _, m := range c.look(in) {
			report.Findings = append(report.Findings, in.remarked(c, m))
		}
	}
	report.Findings = slices.CompactFunc(bySeverity(report.Findings), sameRemark)
	return report
}

// remarked makes a finding of a remark. Its count is 0: nothing happened yet.
func (in *inquiry) remarked(c check, m remark) Finding {
	f := Finding{Check: c.name, Severity: c.severity, Cause: c.cause, Kind: "other", Certainty: m.certainty, Upstream: m.upstream,
		Where: in.where(m.at), Evidence: append([]Fact{in.configFact(m.at, "%s", m.says)}, m.evidence...), Against: m.against, Remedies: m.remedies}
	if m.certainty != Proved {
		f.Confirm = m.decides
	}
	return f
}

func bySeverity(list []Finding) []Finding {
	level := func(f Finding) int {
		return slices.Index([]string{"", SeverityError, SeverityWarning, SeverityNote}, f.Severity)
	}
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(level(a)-level(b), rank(a.Certainty)-rank(b.Certainty), comparePlaces(a.Where, b.Where), cmp.Compare(a.Check, b.Check))
	})
	return list
}

func comparePlaces(a, b *Where) int {
	if a == nil || b == nil {
		return late(a != nil) - late(b != nil)
	}
	return cmp.Or(cmp.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column)
}

// sameRemark tells whether a file that is included twice was remarked upon twice.
func sameRemark(a, b Finding) bool {
	return a.Check == b.Check && sameWhere(a.Where, b.Where) && len(a.Evidence) > 0 && a.Evidence[0] == b.Evidence[0]
}

// With appends what another report found, except causes already found at the same place.
func (r *Report) With(other *Report) *Report {
	own := len(r.Findings)
	for _, f := range other.Findings {
		if !slices.ContainsFunc(r.Findings[:own], func(g Finding) bool { return g.Cause == f.Cause && sameWhere(g.Where, f.Where) }) {
			r.Findings = append(r.Findings, f)
		}
	}
	return r
}

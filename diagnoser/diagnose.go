package diagnoser

import (
	"cmp"
	"slices"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// inquiry is what the rules look at.
type inquiry struct {
	*Reading
	host   *evidence.Host // nil when nothing is known of it
	probes []evidence.Probe
}

// verdict is a finding on its way into the report.
type verdict struct {
	Finding
	group       *group
	consequence bool
	leads       bool
	supported   bool // more than the log speaks for it: the backend's own, a command's output
	explained   []*group
}

// Diagnose concludes from the reading with facts of the host and direct probes,
// either of which may be missing.
func (r *Reading) Diagnose(host *evidence.Host, probes []evidence.Probe) *Report {
	in := r.inquire(host, probes)
	var all []verdict
	for _, g := range r.groups.list {
		if v, ok := in.verdict(g); ok {
			all = append(all, v)
		}
	}
	if v, ok := in.configVerdict(); ok {
		all = append(all, v)
	}
	report := &Report{Version: ReportVersion, Summary: r.summary, Findings: []Finding{}}
	for _, v := range order(lead(merge(withoutExplained(all)))) {
		report.Findings = append(report.Findings, v.Finding)
	}
	return report
}

// voice is a rule's opinion with its cause.
type voice struct {
	cause string
	*opinion
}

// supportedWeight is that of opinions which other evidence than the proxy's log speaks for.
const supportedWeight = 4

// alternativesMax is how many alternatives are enough to ask nothing of the other rules' own.
const alternativesMax = 4

// verdict asks all rules about a group: the strongest opinion is the finding, the
// others are its alternatives.
func (in *inquiry) verdict(g *group) (verdict, bool) {
	in = in.of(g)
	var voices []voice
	for _, r := range ordered() {
		if o := r.judge(in, g); o != nil {
			voices = append(voices, voice{r.cause, o})
		}
	}
	if voices = in.withProse(g, voices); len(voices) == 0 {
		return verdict{}, false
	}
	slices.SortStableFunc(voices, func(a, b voice) int {
		return cmp.Or(rank(a.certainty)-rank(b.certainty), b.weight-a.weight)
	})
	best := voices[0]
	f := in.finding(best.cause, best.opinion, g)
	if len(f.Remedies) == 0 && best.kind != "other" {
		f.Remedies = adviceFor(best.cause, g)
	}
	f.Alternatives = slices.Clone(best.also)
	for _, v := range voices[1:] {
		f.Alternatives = append(f.Alternatives, Alternative{Cause: v.cause, Why: why(v.opinion), Check: v.check})
	}
	f.Alternatives = distinct(f.Alternatives, best.cause)
	for _, v := range voices[1:] {
		if best.certainty == Proved || len(f.Alternatives) >= alternativesMax {
			break
		}
		f.Alternatives = distinct(append(f.Alternatives, v.also...), best.cause)
	}
	return verdict{Finding: f, group: g, consequence: best.consequence, supported: best.weight >= supportedWeight, explained: best.explained}, true
}

// of is the inquiry about events of one proxy: the configuration of another says nothing of them.
func (in *inquiry) of(g *group) *inquiry {
	if kind := cmp.Or(in.proxy.Kind, "nginx"); kind == cmp.Or(g.Proxy, "nginx") {
		return in
	}
	r := *in.Reading
	r.proxy, r.elsewhere = evidence.Proxy{Kind: cmp.Or(g.Proxy, "nginx")}, nil
	r.config, _ = nginx.ParseConfig(nil)
	return &inquiry{Reading: &r, host: in.host, probes: in.probes}
}

func (in *inquiry) finding(cause string, o *opinion, g *group) Finding {
	c, _ := CauseNamed(cause)
	f := Finding{Cause: cause, Kind: cmp.Or(o.kind, c.Kind), Certainty: o.certainty, Status: g.Status, Count: g.count, Proxy: cmp.Or(g.Proxy, "nginx"),
		Server: g.Server, Where: o.where, Evidence: slices.Concat([]Fact{logFact(g)}, g.accessFacts(), o.evidence, in.shownAs(g)), Against: o.against, Remedies: o.remedies}
	if g.known() {
		f.Upstream = g.target.String()
	} else {
		f.Remedies = slices.DeleteFunc(f.Remedies, func(r Remedy) bool { return r.Params != nil && r.Params.Upstream == "" && ofBackend(r) })
	}
	if f.Where == nil && g.pass != nil {
		f.Where = in.where(g.pass.Directive)
	}
	in.placeElsewhere(&f, g)
	return f
}

// ofBackend tells whether a remedy needs to know the backend.
func ofBackend(r Remedy) bool { return r.Action == StartBackend || r.Action == RestartBackend }

// why gives an alternative's reason: its own words, else its first evidence.
func why(o *opinion) string {
	switch {
	case o.why != "":
		return o.why
	case len(o.evidence) > 0:
		return o.evidence[0].Text
	}
	return "the log's line fits it as well"
}

// distinct drops alternatives of a cause already named.
func distinct(list []Alternative, cause string) (kept []Alternative) {
	seen := map[string]bool{cause: true}
	for _, a := range list {
		if !seen[a.Cause] {
			kept = append(kept, a)
		}
		seen[a.Cause] = true
	}
	return kept
}

func rank(certainty string) int {
	return slices.Index([]string{Proved, Likely, Possible}, certainty)
}

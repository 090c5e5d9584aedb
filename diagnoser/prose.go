package diagnoser

import (
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// prose is what people write beside a log that speaks for a cause. It is weaker than
// a log's line: it counts only for failures that the cause can have.
type prose struct {
	cause string
	words *regexp.Regexp
	fits  func(g *group) bool
	says  string
	weak  bool // an alternative at most: the words have other meanings
}

func missed(g *group) bool {
	return g.Phase == evidence.Connecting && (g.Outcome == evidence.Refused || g.Outcome == evidence.Missing || g.Outcome == evidence.Unreachable)
}

func refusedAtConnect(g *group) bool { return g.is(evidence.Connecting, evidence.Refused) }
func denied(g *group) bool           { return g.Outcome == evidence.Denied }
func lateOrDead(g *group) bool {
	return g.late() || g.died()
}

// cutWhileIdle tells whether a connection was gone before any of the response, as one that both sides kept open.
func cutWhileIdle(g *group) bool {
	return !g.unix() && (g.died() && g.Phase == evidence.ReadingHeader || g.Phase == evidence.Sending && (g.Errno == 32 || g.Errno == 104))
}

// noConnection tells whether no connection came about at all.
func noConnection(g *group) bool { return g.Phase == evidence.Connecting && g.Errno != 13 }

// utterance is the first line of a text that speaks for a cause.
type utterance struct {
	prose
	text, ref string
}

// readProse keeps what a line of a text says.
func (r *Reading) readProse(text []byte, ref func() string) {
	if len(text) > 2000 {
		return
	}
	for _, list := range [...][]prose{proses, proxyProses} {
		for i := range list {
			p := &list[i]
			if r.remarks[p.says] == nil && p.words.Match(text) {
				if r.remarks == nil {
					r.remarks = map[string]*utterance{}
				}
				r.remarks[p.says] = &utterance{*p, strings.TrimSpace(string(text[:min(len(text), 200)])), ref()}
			}
		}
	}
}

// remarkWeight is above that of rules that go by the log alone, and below that of
// what another log's line says.
const remarkWeight = 3

// withProse lets what people say count: it makes a rule's opinion of that cause likely,
// or stands for one where no rule has any. What is proved stays.
func (in *inquiry) withProse(g *group, voices []voice) []voice {
	for _, says := range sortedKeys(in.remarks) {
		m := in.remarks[says]
		name := m.cause
		if g.Outcome == "" || !m.fits(g) {
			continue
		}
		f := Fact{Source: fromBackend, Text: m.says + ": " + m.text, Ref: m.ref}
		found := false
		for i := range voices {
			if v := &voices[i]; v.cause == name {
				found = true
				v.evidence = append(v.evidence, f)
				if m.weak {
					continue
				}
				if rank(v.certainty) > rank(Likely) {
					v.certainty = Likely
				}
				v.weight = max(v.weight, remarkWeight)
			}
		}
		if !found && m.weak {
			voices = append(voices, voice{name, &opinion{certainty: Possible, weight: -1, evidence: []Fact{f}, check: rules[name].doc.Confirm}})
		} else if !found {
			voices = append(voices, voice{name, &opinion{certainty: Likely, weight: remarkWeight, evidence: []Fact{f}, check: rules[name].doc.Confirm}})
		}
	}
	return voices
}

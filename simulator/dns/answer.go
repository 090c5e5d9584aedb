package dns

import (
	"strings"
	"sync/atomic"
	"time"

	wire "github.com/miekg/dns"
)

// generation is a plan in force, with the counters of its rules.
type generation struct {
	number uint64
	plan   *Plan
	asked  []atomic.Uint64 // for each rule, how often all but query held
}

func newGeneration(p *Plan) *generation {
	if p == nil {
		p = &Plan{}
	}
	return &generation{plan: p, asked: make([]atomic.Uint64, len(p.Rules))}
}

// choose finds the answer to a question. All rules count it that it suits,
// not only the one that answers: a sequence is rules with query 1, 2 and so on.
func (g *generation) choose(q wire.Question, t Transport, open func(gate string) bool) (Answer, string) {
	first := -1
	for i, r := range g.plan.Rules {
		if r.holds(q, t, open) && g.counts(i) && first < 0 {
			first = i
		}
	}
	if first >= 0 {
		r := g.plan.Rules[first]
		return r.Answer, r.label(first)
	}
	if g.plan.Default != nil {
		return *g.plan.Default, "default"
	}
	return Answer{Code: wire.RcodeNameError}, "default"
}

func (g *generation) counts(i int) bool {
	query := g.plan.Rules[i].Query
	return query.To == 0 || query.Has(g.asked[i].Add(1))
}

func (r Rule) holds(q wire.Question, t Transport, open func(string) bool) bool {
	return (r.Name == "" || glob(bare(r.Name), bare(q.Name))) &&
		(r.Type == 0 || uint16(r.Type) == q.Qtype) &&
		(r.Transport == "" || r.Transport == t) &&
		(r.While == "" || open(r.While))
}

// bare is a name as it is compared: case does not matter (RFC 1035, 2.3.3).
func bare(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// glob compares with * for any text; everything else is literal.
func glob(pattern, s string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return s == pattern
	}
	if !strings.HasPrefix(s, head) {
		return false
	}
	for i := len(head); i <= len(s); i++ {
		if glob(rest, s[i:]) {
			return true
		}
	}
	return false
}

// message is the answer to a query.
func (a Answer) message(query *wire.Msg, t Transport) *wire.Msg {
	m := new(wire.Msg).SetRcode(query, int(a.Code))
	m.RecursionAvailable = true
	if a.WrongID {
		m.Id++
	}
	if a.Truncate && t == UDP {
		m.Truncated = true
		return m
	}
	q := query.Question[0]
	for _, r := range a.Answers {
		rr := wire.Copy(r.rr)
		h := rr.Header()
		if h.Rrtype != q.Qtype && h.Rrtype != wire.TypeCNAME && q.Qtype != wire.TypeANY {
			continue
		}
		h.Ttl = uint32(a.TTL / time.Second)
		if h.Name = q.Name; r.owner != "" {
			h.Name = r.owner
		}
		m.Answer = append(m.Answer, rr)
	}
	return m
}

package tail

import (
	"slices"

	"github.com/badgateway/badgateway/diagnoser"
)

// keysMax bounds the findings that are told apart; a diagnosis knows fewer at a time.
const keysMax = 4096

// Again says how often a finding that was told already came again.
type Again struct {
	Cause    string `json:"cause"`
	Upstream string `json:"upstream,omitempty"`
	Server   string `json:"server,omitempty"`
	More     int64  `json:"more"`
	Count    int64  `json:"count"` // in all
}

// Tracker knows which findings were told. Its zero value knows none.
type Tracker struct {
	seen map[key]*kept
	list []*kept // in the order in which they were told
}

type key struct {
	cause, upstream, server, file string
	line                          int
}

type kept struct {
	Again
	told int64 // the count that was told last
}

// Fresh returns the findings of a report that were not told yet, and counts the others.
func (t *Tracker) Fresh(r *diagnoser.Report) (fresh []diagnoser.Finding) {
	if t.seen == nil {
		t.seen = map[key]*kept{}
	}
	for _, f := range r.Findings {
		k := keyOf(f)
		if known := t.seen[k]; known != nil {
			known.Count = max(known.Count, f.Count)
			continue
		}
		if len(t.list) >= keysMax {
			continue
		}
		t.seen[k] = &kept{Again: Again{Cause: f.Cause, Upstream: f.Upstream, Server: f.Server, Count: f.Count}, told: f.Count}
		t.list = append(t.list, t.seen[k])
		fresh = append(fresh, f)
	}
	return fresh
}

// Again returns what came again since it was last asked.
func (t *Tracker) Again() (all []Again) {
	for _, k := range t.list {
		if k.Count > k.told {
			k.More, k.told = k.Count-k.told, k.Count
			all = append(all, k.Again)
		}
	}
	return all
}

// News tells whether a report holds a finding that was not told yet.
func (t *Tracker) News(r *diagnoser.Report) bool {
	return slices.ContainsFunc(r.Findings, func(f diagnoser.Finding) bool { return t.seen[keyOf(f)] == nil })
}

func keyOf(f diagnoser.Finding) key {
	k := key{cause: f.Cause, upstream: f.Upstream, server: f.Server}
	if f.Where != nil {
		k.file, k.line = f.Where.File, f.Where.Line
	}
	return k
}

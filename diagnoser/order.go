package diagnoser

import (
	"cmp"
	"slices"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// withoutExplained drops the findings about events that another finding accounts for.
func withoutExplained(all []verdict) (kept []verdict) {
	explained := map[*group]bool{}
	for _, v := range all {
		for _, g := range v.explained {
			explained[g] = true
		}
	}
	for _, v := range all {
		if !explained[v.group] {
			kept = append(kept, v)
		}
	}
	return kept
}

// merge joins findings that name one cause at one upstream of one server: another
// phase or system call of the same trouble.
func merge(all []verdict) (kept []verdict) {
	for _, v := range all {
		i := slices.IndexFunc(kept, func(k verdict) bool {
			return k.Cause == v.Cause && k.Upstream == v.Upstream && k.Server == v.Server && k.Proxy == v.Proxy && sameWhere(k.Where, v.Where)
		})
		if i < 0 {
			kept = append(kept, v)
			continue
		}
		kept[i] = joined(kept[i], v)
	}
	return kept
}

func joined(a, b verdict) verdict {
	if rank(b.Certainty) < rank(a.Certainty) || (b.Certainty == a.Certainty && b.Count > a.Count) {
		a, b = b, a
	}
	a.Count += b.Count
	a.Evidence = facts(a.Evidence, b.Evidence)
	a.Against = facts(a.Against, b.Against)
	a.Alternatives = distinct(append(slices.Clone(a.Alternatives), b.Alternatives...), a.Cause)
	if len(a.Remedies) == 0 {
		a.Remedies = b.Remedies
	}
	return a
}

func facts(a, b []Fact) []Fact {
	a = slices.Clone(a)
	for _, f := range b {
		if !slices.Contains(a, f) {
			a = append(a, f)
		}
	}
	return a
}

func sameWhere(a, b *Where) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// lead marks the findings about a backend that takes no connection at all, where the same one
// answered late as well: it was on its way down, and the answers are of that.
func lead(all []verdict) []verdict {
	for i := range all {
		a := &all[i]
		if a.group == nil || a.group.Phase != evidence.Connecting || a.group.Outcome != evidence.Refused || rank(a.Certainty) == rank(Proved) {
			continue
		}
		for _, b := range all {
			if b.group != nil && b.group.late() && b.Upstream == a.Upstream && b.Upstream != "" && b.Proxy == a.Proxy && b.Certainty != Proved && a.Count >= b.Count {
				a.leads = true
			}
		}
	}
	return all
}

// order sorts: upstream failures before other things, causes before their
// consequences, then by certainty, by other evidence than the log, count, first appearance and name.
func order(all []verdict) []verdict {
	slices.SortStableFunc(all, func(a, b verdict) int {
		return cmp.Or(
			late(a.Kind == "other")-late(b.Kind == "other"),
			late(a.consequence)-late(b.consequence),
			late(b.leads)-late(a.leads),
			rank(a.Certainty)-rank(b.Certainty),
			late(!a.supported)-late(!b.supported),
			cmp.Compare(b.Count, a.Count),
			earlier(a.group, b.group),
			cmp.Compare(a.Cause, b.Cause))
	})
	return all
}

// earlier compares by the first record of two groups of one log.
func earlier(a, b *group) int {
	if a == nil || b == nil || a.log != b.log {
		return 0
	}
	return cmp.Compare(a.Line, b.Line)
}

func late(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

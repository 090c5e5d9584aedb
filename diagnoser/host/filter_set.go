package host

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// lookup reads the set that a rule tests membership of. In a verdict map each element
// has its own verdict; the map's dropping ports become the rule's.
func (p *printer) lookup(e *expr.Lookup) {
	o := p.reg[e.SourceRegister]
	table := &nftables.Table{Name: p.out.chain.table, Family: p.out.chain.family}
	set, err := p.rs.conn.GetSetByName(table, e.SetName)
	var elements []nftables.SetElement
	if err == nil {
		elements, err = p.rs.conn.GetSetElements(set)
	}
	if err != nil {
		p.rs.errs = append(p.rs.errs, fmt.Errorf("read set %s of %s %s: %w",
			e.SetName, familyName(table.Family), table.Name, err))
		p.out.narrow = true
		p.add(o.name + " @" + e.SetName)
		return
	}
	if e.IsDestRegSet {
		p.verdictMap(o, set, elements)
		return
	}
	name := set.Name
	if set.Anonymous {
		name = ""
	}
	if set.Concatenation {
		p.rs.errs = append(p.rs.errs, fmt.Errorf("rule with handle %d of %s %s %s tests several fields at once, which is not evaluated",
			p.out.handle, familyName(table.Family), table.Name, p.out.chain.chain))
		p.out.never = true
	}
	spans := spansOf(elements, set.Interval)
	if len(spans) == 0 && !e.Invert {
		p.out.never = true
	}
	p.within(o, spans, e.Invert, name)
}

// verdictMap prints a map as nft does and keeps the ports that it drops.
func (p *printer) verdictMap(o operand, set *nftables.Set, elements []nftables.SetElement) {
	slices.SortFunc(elements, func(a, b nftables.SetElement) int { return slices.Compare(a.Key, b.Key) })
	var members []string
	var dropped []nftables.SetElement
	for _, el := range elements {
		v, ok := verdictOf(el.Val)
		if !ok {
			continue
		}
		to := &printer{out: &described{}}
		to.verdict(v)
		members = append(members, o.value(el.Key)+" : "+strings.Join(to.parts, " "))
		if to.out.verdict == "drop" {
			dropped = append(dropped, el)
		}
	}
	text := "{ " + strings.Join(members, ", ") + " }"
	if !set.Anonymous {
		text = "@" + set.Name
	}
	p.narrows(o, "vmap", nil)
	p.add(o.name + " vmap " + text)
	if o.dport && len(dropped) > 0 && !set.Interval {
		p.out.verdict = "drop"
		p.portSpans(spansOf(dropped, false), false)
	}
}

// verdictOf reads the attributes of a verdict, which the library leaves undecoded in the
// elements of a map: its code, and the name of a chain.
func verdictOf(val []byte) (*expr.Verdict, bool) {
	attrs, err := nl.ParseRouteAttr(val)
	if err != nil {
		return nil, false
	}
	v, ok := &expr.Verdict{}, false
	for _, a := range attrs {
		switch {
		case a.Attr.Type == unix.NFTA_VERDICT_CODE && len(a.Value) >= 4:
			v.Kind, ok = expr.VerdictKind(int32(binary.BigEndian.Uint32(a.Value))), true
		case a.Attr.Type == unix.NFTA_VERDICT_CHAIN:
			v.Chain = strings.TrimRight(string(a.Value), "\x00")
		}
	}
	return v, ok
}

// spansOf turns the elements of a set into ranges. In a set of intervals an element
// that is marked as an end is the first value after one.
func spansOf(elements []nftables.SetElement, interval bool) []span {
	slices.SortFunc(elements, func(a, b nftables.SetElement) int {
		return cmp.Or(slices.Compare(a.Key, b.Key), endFirst(a, b))
	})
	var out []span
	for _, el := range elements {
		switch {
		case !interval:
			out = append(out, span{el.Key, el.Key})
		case !el.IntervalEnd:
			last := slices.Repeat([]byte{0xff}, len(el.Key))
			out = append(out, span{el.Key, last})
		case len(out) > 0:
			out[len(out)-1].to = before(el.Key)
		}
	}
	return out
}

func endFirst(a, b nftables.SetElement) int {
	switch {
	case a.IntervalEnd == b.IntervalEnd:
		return 0
	case a.IntervalEnd:
		return -1
	}
	return 1
}

// before is the value one less, in network order.
func before(key []byte) []byte {
	out := slices.Clone(key)
	for i := len(out) - 1; i >= 0; i-- {
		out[i]--
		if out[i] != 0xff {
			break
		}
	}
	return out
}

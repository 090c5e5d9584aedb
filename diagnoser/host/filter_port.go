package host

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
)

// portMatch is what a rule asks of a packet's protocol and destination port. Without
// a protocol it asks nothing; without ranges, nothing of the port.
type portMatch struct {
	protocol string
	ranges   []span
}

// span is a range of values as they stand in the packet, both ends included.
type span struct{ from, to []byte }

func (s span) ports() (uint16, uint16) {
	return binary.BigEndian.Uint16(s.from), binary.BigEndian.Uint16(s.to)
}

func port(n uint16) []byte { return binary.BigEndian.AppendUint16(nil, n) }

// among lists the ports to report the rule for: its only one; or those of the asked
// ones that it matches; or its first, so that a rule for other ports never looks like
// a rule for all. Zero stands for a rule that matches every port.
func (m portMatch) among(asked []uint16) []uint16 {
	if len(m.ranges) == 0 {
		return []uint16{0}
	}
	first, last := m.ranges[0].ports()
	if len(m.ranges) == 1 && first == last {
		return []uint16{first}
	}
	var out []uint16
	for _, p := range asked {
		if slices.ContainsFunc(m.ranges, func(s span) bool {
			from, to := s.ports()
			return from <= p && p <= to
		}) {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		out = append(out, max(first, 1))
	}
	return out
}

// compared answers the ports for which one comparison holds.
func compared(op string, n uint16) []span {
	switch op {
	case "==":
		return []span{{port(n), port(n)}}
	case "<", "<=":
		if op == "<" {
			n = max(n, 1) - 1
		}
		return []span{{port(0), port(n)}}
	case ">", ">=":
		if op == ">" {
			n = min(n, math.MaxUint16-1) + 1
		}
		return []span{{port(n), port(math.MaxUint16)}}
	}
	return without([]span{{port(n), port(n)}})
}

// without answers the ports outside of all given ranges.
func without(ranges []span) []span {
	slices.SortFunc(ranges, func(a, b span) int { return slices.Compare(a.from, b.from) })
	var out []span
	next := 0
	for _, s := range ranges {
		from, to := s.ports()
		if int(from) > next {
			out = append(out, span{port(uint16(next)), port(from - 1)})
		}
		next = max(next, int(to)+1)
	}
	if next <= math.MaxUint16 {
		out = append(out, span{port(uint16(next)), port(math.MaxUint16)})
	}
	return out
}

// both keeps the ports that are in a and in b; no ranges at all stand for every port.
func both(a, b []span) []span {
	if len(a) == 0 {
		return b
	}
	var out []span
	for _, x := range a {
		for _, y := range b {
			from, to := x.from, x.to
			if slices.Compare(y.from, from) > 0 {
				from = y.from
			}
			if slices.Compare(y.to, to) < 0 {
				to = y.to
			}
			if slices.Compare(from, to) <= 0 {
				out = append(out, span{from, to})
			}
		}
	}
	slices.SortFunc(out, func(a, b span) int { return cmp.Or(slices.Compare(a.from, b.from), slices.Compare(a.to, b.to)) })
	return out
}

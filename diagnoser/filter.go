package diagnoser

import (
	"fmt"
	"net"
	"strconv"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// filter returns the packet-filter rule that stands in the way of a TCP connect to
// the target, the surest one first: of that verdict, on a path that the proxy's own
// packets take, without a port or with this one.
func (in *inquiry) filter(t evidence.Target, verdict string) *evidence.Filter {
	if in.host == nil {
		return nil
	}
	var best *evidence.Filter
	for i := range in.host.Filters {
		f := &in.host.Filters[i]
		if f.Verdict == verdict && in.canHit(f, t) && (best == nil || in.doubts(f, t) < in.doubts(best, t)) {
			best = f
		}
	}
	return best
}

// canHit tells whether a rule can meet the first packet of the proxy's connection:
// forwarded packets are others', and input sees only what is for this host.
func (in *inquiry) canHit(f *evidence.Filter, t evidence.Target) bool {
	host, port, _ := net.SplitHostPort(t.Address)
	if !ofFamily(f.Family, host) || f.Protocol != "" && f.Protocol != "tcp" {
		return false
	}
	if f.Port != 0 && strconv.Itoa(int(f.Port)) != port {
		return false
	}
	switch f.Hook {
	case "output", "":
		return true
	case "input":
		return in.local(t) || in.route(t) == nil
	}
	return false
}

func ofFamily(family, host string) bool {
	ip := net.ParseIP(host)
	switch family {
	case "inet", "":
		return true
	case "ip":
		return ip == nil || ip.To4() != nil
	case "ip6":
		return ip == nil || ip.To4() == nil
	}
	return false
}

// doubts counts what keeps a rule from being the cause for sure.
func (in *inquiry) doubts(f *evidence.Filter, t evidence.Target) (n int) {
	for _, doubt := range []bool{f.Port == 0, f.Narrow, f.Hook == "", f.Hook == "input" && !in.local(t)} {
		if doubt {
			n++
		}
	}
	return n
}

// filtered makes the opinion that a rule drops or rejects the proxy's packets.
func (in *inquiry) filtered(f *evidence.Filter, t evidence.Target) *opinion {
	o := &opinion{certainty: Likely, weight: 2, evidence: []Fact{fact(fromKernel, "%s %s %s: %s", f.Family, f.Table, f.Chain, f.Text)}}
	if f.Packets > 0 {
		o.evidence = append(o.evidence, fact(fromKernel, "the rule's counter says %d packets", f.Packets))
	}
	if in.doubts(f, t) == 0 {
		o.certainty = Proved
	}
	if f.Narrow {
		o.against = append(o.against, fact(fromKernel, "the rule tests more than protocol and port, which this connection may not fit"))
	}
	o.remedies = []Remedy{removal(f)}
	return o
}

func removal(f *evidence.Filter) Remedy {
	handle := strconv.FormatUint(f.Handle, 10)
	return Remedy{
		Action:   RemoveFilter,
		Summary:  fmt.Sprintf("remove the rule that has handle %s in %s %s %s", handle, f.Family, f.Table, f.Chain),
		Params:   &Params{Filter: &Filter{f.Family, f.Table, f.Chain, f.Handle}},
		Commands: []string{"nft delete rule " + f.Family + " " + f.Table + " " + f.Chain + " handle " + handle},
	}
}

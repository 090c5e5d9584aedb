package diagnoser

import (
	"fmt"
	"net"
	"strconv"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// filter returns the packet-filter rule that stands in the way of a TCP connect to
// the target: of that verdict, without a port or with this one. A rule for the
// port goes before a general one.
func (in *inquiry) filter(t evidence.Target, verdict string) *evidence.Filter {
	if in.host == nil {
		return nil
	}
	_, port, _ := net.SplitHostPort(t.Address)
	want, _ := strconv.Atoi(port)
	var general *evidence.Filter
	for i := range in.host.Filters {
		f := &in.host.Filters[i]
		if f.Verdict != verdict || f.Protocol != "" && f.Protocol != "tcp" {
			continue
		}
		switch int(f.Port) {
		case want:
			return f
		case 0:
			general = f
		}
	}
	return general
}

// filtered makes the opinion that a rule drops or rejects the proxy's packets.
func filtered(f *evidence.Filter) *opinion {
	o := &opinion{certainty: Likely, weight: 2, evidence: []Fact{fact(fromKernel, "%s %s %s: %s", f.Family, f.Table, f.Chain, f.Text)}}
	if f.Packets > 0 {
		o.evidence = append(o.evidence, fact(fromKernel, "the rule's counter says %d packets", f.Packets))
	}
	if f.Port != 0 {
		o.certainty = Proved
	}
	handle := strconv.FormatUint(f.Handle, 10)
	o.remedies = []Remedy{{
		Action: RemoveFilter, Summary: fmt.Sprintf("remove the rule that has handle %s in %s %s %s", handle, f.Family, f.Table, f.Chain),
		Params:   &Params{Filter: &Filter{f.Family, f.Table, f.Chain, f.Handle}},
		Commands: []string{"nft delete rule " + f.Family + " " + f.Table + " " + f.Chain + " handle " + handle},
	}}
	return o
}

package host

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/google/nftables/expr"
	"github.com/google/nftables/xt"
)

// narrows notes a test that the first packet of a connection to an asked address may
// not pass. Those of protocol and destination port are kept elsewhere; a connection is
// new and begins with SYN alone; the rest counts unless it holds for every asked address.
func (p *printer) narrows(o operand, op string, value []byte) {
	switch {
	case o.dport, o.name == "meta l4proto", o.name == "ip protocol", o.name == "ip6 nexthdr", o.name == "ct state":
		return
	case o.name == "tcp flags" && op == "==" && o.mask != nil && hostOrder(value) == synFlag && hostOrder(o.mask)&synFlag != 0:
		return
	case op == "==" && p.everyAsked(o, value):
		return
	}
	p.out.narrow = true
}

const synFlag = 2

// everyAsked tells whether a test of family, destination or interface holds for a
// connection from this host to each address that the question names.
func (p *printer) everyAsked(o operand, value []byte) bool {
	fits := func(netip.AddrPort) bool { return false }
	switch name := o.name; {
	case name == "meta nfproto" && len(value) > 0:
		fits = func(a netip.AddrPort) bool { return (families[value[0]] == "ipv4") == a.Addr().Is4() }
	case strings.HasSuffix(name, " daddr") && !strings.HasPrefix(name, "fib "):
		fits = func(a netip.AddrPort) bool { return covers(value, o.mask, a.Addr().AsSlice()) }
	case strings.HasPrefix(name, "iif"), strings.HasPrefix(name, "oif"):
		lo := o.show(value) == `"lo"`
		fits = func(a netip.AddrPort) bool { return lo && a.Addr().IsLoopback() }
	}
	return len(p.rs.asked) > 0 && !slices.ContainsFunc(p.rs.asked, func(a netip.AddrPort) bool { return !fits(a) })
}

// covers tells whether an address has a value under a mask, or the value as its beginning.
func covers(value, mask, addr []byte) bool {
	if len(value) > len(addr) || mask != nil && len(mask) < len(value) || (len(value) <= 4) != (len(addr) == 4) {
		return false
	}
	for i := range value {
		b := addr[i]
		if mask != nil {
			b &= mask[i]
		}
		if b != value[i] {
			return false
		}
	}
	return true
}

// narrowMatch judges an extension of iptables: those that only name destination ports
// and the state of the connection are no narrowing.
func narrowMatch(e *expr.Match) bool {
	const allPorts = 65535
	switch info := e.Info.(type) {
	case *xt.Tcp:
		syn := info.FlagsMask == 0 || info.FlagsCmp == synFlag && info.InvFlags&xt.TcpInvFlags == 0
		return info.SrcPorts != [2]uint16{0, allPorts} || info.Option != 0 || !syn
	case *xt.Udp:
		return info.SrcPorts != [2]uint16{0, allPorts}
	case *xt.ConntrackMtinfo3:
		return info.MatchFlags&^uint16(xt.ConntrackState) != 0
	}
	return e.Name != "multiport" && e.Name != "comment"
}

func askedAddresses(addresses []string) (all []netip.AddrPort) {
	for _, a := range addresses {
		if ap, err := netip.ParseAddrPort(a); err == nil {
			all = append(all, netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()))
		}
	}
	return all
}

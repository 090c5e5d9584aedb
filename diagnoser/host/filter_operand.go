package host

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// operand is what a register holds: a field by nft's name, and how nft prints its values.
type operand struct {
	name  string
	size  int // of the whole field; a shorter load compares a prefix
	mask  []byte
	show  func([]byte) string
	dport bool // the destination port of a transport protocol
}

var protocols = map[byte]string{
	unix.IPPROTO_ICMP: "icmp", unix.IPPROTO_TCP: "tcp", unix.IPPROTO_UDP: "udp", unix.IPPROTO_SCTP: "sctp",
	unix.IPPROTO_DCCP: "dccp", unix.IPPROTO_ICMPV6: "ipv6-icmp", unix.IPPROTO_UDPLITE: "udplite",
}

var families = map[byte]string{unix.NFPROTO_IPV4: "ipv4", unix.NFPROTO_IPV6: "ipv6"}

func metaOperand(key expr.MetaKey) operand {
	switch key {
	case expr.MetaKeyL4PROTO:
		return operand{name: "meta l4proto", show: named(protocols)}
	case expr.MetaKeyNFPROTO:
		return operand{name: "meta nfproto", show: named(families)}
	case expr.MetaKeyIIFNAME:
		return operand{name: "iifname", show: quoted}
	case expr.MetaKeyOIFNAME:
		return operand{name: "oifname", show: quoted}
	case expr.MetaKeyIIF:
		return operand{name: "iif", show: link}
	case expr.MetaKeyOIF:
		return operand{name: "oif", show: link}
	case expr.MetaKeySKUID:
		return operand{name: "meta skuid", show: number}
	case expr.MetaKeySKGID:
		return operand{name: "meta skgid", show: number}
	case expr.MetaKeyMARK:
		return operand{name: "meta mark", show: func(b []byte) string { return "0x" + fmt.Sprintf("%08x", hostOrder(b)) }}
	}
	return operand{name: fmt.Sprintf("meta %d", key), show: raw}
}

// payloadOperand names a field of a header by its place; l4 is the protocol that an
// earlier part of the rule demands.
func payloadOperand(e *expr.Payload, l4, l3 string) operand {
	if e.Base == expr.PayloadBaseTransportHeader {
		return transportOperand(e, l4)
	}
	if e.Base == expr.PayloadBaseNetworkHeader && l3 == "ipv4" {
		switch e.Offset {
		case 9:
			return operand{name: "ip protocol", size: 1, show: named(protocols)}
		case 12:
			return operand{name: "ip saddr", size: 4, show: address}
		case 16:
			return operand{name: "ip daddr", size: 4, show: address}
		}
	}
	if e.Base == expr.PayloadBaseNetworkHeader && l3 == "ipv6" {
		switch e.Offset {
		case 6:
			return operand{name: "ip6 nexthdr", size: 1, show: named(protocols)}
		case 8:
			return operand{name: "ip6 saddr", size: 16, show: address}
		case 24:
			return operand{name: "ip6 daddr", size: 16, show: address}
		}
	}
	base := []string{"ll", "nh", "th"}[min(e.Base, 2)]
	return operand{name: fmt.Sprintf("@%s,%d,%d", base, e.Offset*8, e.Len*8), show: raw}
}

func transportOperand(e *expr.Payload, l4 string) operand {
	name := l4
	if name == "" {
		name = "th"
	}
	switch {
	case e.Offset == 0 && e.Len == 2:
		return operand{name: name + " sport", size: 2, show: bigEndian}
	case e.Offset == 2 && e.Len == 2:
		return operand{name: name + " dport", size: 2, show: bigEndian, dport: true}
	case e.Offset == 13 && e.Len == 1 && l4 == "tcp":
		return operand{name: "tcp flags", size: 1, show: flagNames("fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr")}
	}
	return operand{name: fmt.Sprintf("@th,%d,%d", e.Offset*8, e.Len*8), show: raw}
}

func ctOperand(key expr.CtKey) operand {
	if key == expr.CtKeySTATE {
		return operand{name: "ct state", show: flagNames("invalid", "established", "related", "new", "", "", "untracked")}
	}
	return operand{name: fmt.Sprintf("ct %d", key), show: raw}
}

// fibOperand is a routing look-up of the packet's own addresses.
func fibOperand(e *expr.Fib) operand {
	var keys []string
	for _, k := range []struct {
		set  bool
		name string
	}{{e.FlagSADDR, "saddr"}, {e.FlagDADDR, "daddr"}, {e.FlagMARK, "mark"}, {e.FlagIIF, "iif"}, {e.FlagOIF, "oif"}} {
		if k.set {
			keys = append(keys, k.name)
		}
	}
	name := "fib " + strings.Join(keys, " . ")
	if e.ResultADDRTYPE {
		return operand{name: name + " type", show: named(addressTypes)}
	}
	return operand{name: name + " oif", show: number}
}

var addressTypes = map[byte]string{
	unix.RTN_UNICAST: "unicast", unix.RTN_LOCAL: "local", unix.RTN_BROADCAST: "broadcast", unix.RTN_ANYCAST: "anycast",
	unix.RTN_MULTICAST: "multicast", unix.RTN_BLACKHOLE: "blackhole", unix.RTN_UNREACHABLE: "unreachable", unix.RTN_PROHIBIT: "prohibit",
}

// named prints a value of one byte by its name.
func named(table map[byte]string) func([]byte) string {
	return func(b []byte) string {
		if len(b) > 0 && table[b[0]] != "" {
			return table[b[0]]
		}
		return number(b)
	}
}

// flagNames prints the set bits of a value in host order by name.
func flagNames(names ...string) func([]byte) string {
	return func(b []byte) string {
		var out []string
		value := hostOrder(b)
		for i, name := range names {
			if value&(1<<i) != 0 {
				out = append(out, name)
			}
		}
		return strings.Join(out, ",")
	}
}

func hostOrder(b []byte) uint64 {
	var wide [8]byte
	copy(wide[:], b)
	if len(b) > 4 {
		return native.Uint64(wide[:])
	}
	return uint64(native.Uint32(wide[:4]))
}

func number(b []byte) string { return strconv.FormatUint(hostOrder(b), 10) }

func bigEndian(b []byte) string {
	n := uint64(0)
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return strconv.FormatUint(n, 10)
}

func raw(b []byte) string { return "0x" + hex.EncodeToString(b) }

func quoted(b []byte) string {
	return strconv.Quote(strings.TrimRight(string(b), "\x00"))
}

func link(b []byte) string {
	if dev, err := net.InterfaceByIndex(int(hostOrder(b))); err == nil {
		return strconv.Quote(dev.Name)
	}
	return number(b)
}

func address(b []byte) string {
	if a, ok := netip.AddrFromSlice(b); ok {
		return a.String()
	}
	return raw(b)
}

package kernel

import (
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// rejections are the answers by name. In a table of family inet "icmpx" stands for the
// ICMP of the packet's own family; host-prohibited exists in that of IPv4 only.
var rejections = map[string]expr.Reject{
	"tcp-reset":        {Type: unix.NFT_REJECT_TCP_RST},
	"port-unreachable": {Type: unix.NFT_REJECT_ICMPX_UNREACH, Code: unix.NFT_REJECT_ICMPX_PORT_UNREACH},
	"admin-prohibited": {Type: unix.NFT_REJECT_ICMPX_UNREACH, Code: unix.NFT_REJECT_ICMPX_ADMIN_PROHIBITED},
	"host-prohibited":  {Type: unix.NFT_REJECT_ICMP_UNREACH, Code: icmpHostProhibited},
}

const icmpHostProhibited = 10 // ICMP_HOST_ANO

// dropRule is `tcp dport PORT tcp flags syn / fin,syn,rst,ack counter drop`.
func dropRule(port uint16) []expr.Any {
	return append(newConnection(port), &expr.Counter{}, &expr.Verdict{Kind: expr.VerdictDrop})
}

// rejectRule is the same with a rejection.
func rejectRule(port uint16, with string) []expr.Any {
	answer := rejections[with]
	rule := append(newConnection(port), &expr.Counter{}, &answer)
	if answer.Type == unix.NFT_REJECT_ICMP_UNREACH {
		rule = append(equal(&expr.Meta{Key: expr.MetaKeyNFPROTO, Register: 1}, unix.NFPROTO_IPV4), rule...)
	}
	return rule
}

// newConnection matches the first packet of a connection to a TCP port. Packets of open
// connections pass, so that an upstream's kept-alive connection shows no other symptom
// than a new one; and no state is kept, which connection tracking would need.
func newConnection(port uint16) []expr.Any {
	const fin, syn, rst, ack = 1, 2, 4, 16
	rule := equal(&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1}, unix.IPPROTO_TCP)
	rule = append(rule, equal(transport(2, 2), binaryutil.BigEndian.PutUint16(port)...)...)
	return append(rule,
		transport(13, 1),
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 1, Mask: []byte{fin | syn | rst | ack}, Xor: []byte{0}},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{syn}})
}

func transport(offset, size uint32) *expr.Payload {
	return &expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: offset, Len: size}
}

func equal(load expr.Any, value ...byte) []expr.Any {
	return []expr.Any{load, &expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: value}}
}

package host

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

var operators = map[expr.CmpOp]string{
	expr.CmpOpEq: "==", expr.CmpOpNeq: "!=", expr.CmpOpLt: "<", expr.CmpOpLte: "<=", expr.CmpOpGt: ">", expr.CmpOpGte: ">=",
}

func (p *printer) cmp(e *expr.Cmp) {
	o, op := p.reg[e.Register], operators[e.Op]
	if o.dport && len(e.Data) == 2 {
		p.portSpans(compared(op, native.Uint16(swap(e.Data))), false)
	}
	p.narrows(o, op, e.Data)
	if e.Op == expr.CmpOpEq {
		p.learn(o, e.Data)
	}
	if states := o.states(e); states != 0 && states&expr.CtStateBitNEW == 0 {
		p.out.never = true
	}
	switch {
	case o.mask != nil:
		p.add(masked(o, op, e.Data))
	case p.pending == o.name && op == "<=" && len(p.parts) > 0:
		// nft writes the two bounds of a range as one
		p.parts[len(p.parts)-1] = strings.Replace(p.parts[len(p.parts)-1], ">= ", "", 1) + "-" + o.value(e.Data)
	case op == "==":
		p.add(o.name + " " + o.value(e.Data))
	default:
		p.add(o.name + " " + op + " " + o.value(e.Data))
	}
	p.pending = ""
	if op == ">=" {
		p.pending = o.name
	}
	p.place(o)
}

// swap turns a value of network order into one of host order.
func swap(b []byte) []byte {
	n := bits.ReverseBytes16(uint16(b[0]) | uint16(b[1])<<8)
	return native.AppendUint16(nil, n)
}

// learn remembers what a test demands of the packet's protocol and family.
func (p *printer) learn(o operand, value []byte) {
	switch {
	case len(value) == 0 || o.mask != nil:
	case o.name == "meta nfproto":
		p.l3 = families[value[0]]
	case o.name == "meta l4proto" || o.name == "ip protocol" || o.name == "ip6 nexthdr":
		p.l4 = protocols[value[0]]
	}
}

// states are the connection states of which a test demands one; none if it is no such test.
func (o operand) states(e *expr.Cmp) uint32 {
	switch {
	case o.name != "ct state":
	case o.mask != nil && e.Op == expr.CmpOpNeq:
		return uint32(hostOrder(o.mask))
	case o.mask == nil && e.Op == expr.CmpOpEq:
		return uint32(hostOrder(e.Data))
	}
	return 0
}

// place remembers where a test was written that a later part may imply.
func (p *printer) place(o operand) {
	switch o.name {
	case "meta nfproto":
		p.l3at = len(p.parts) - 1
	case "meta l4proto":
		p.l4at = len(p.parts) - 1
	}
}

// value prints a whole value, or the prefix of an address.
func (o operand) value(b []byte) string {
	if o.show == nil {
		return raw(b)
	}
	if n := len(b); o.size > n && n > 0 && (o.size == 4 || o.size == 16) {
		full := append(slices.Clone(b), make([]byte, o.size-n)...)
		return o.show(full) + "/" + strconv.Itoa(n*8)
	}
	return o.show(b)
}

// masked prints a comparison under a mask: a prefix of an address, a test for any of
// some bits, or one of all of them.
func masked(o operand, op string, value []byte) string {
	sign := ""
	if op == "!=" {
		sign = "!= "
	}
	zero := !slices.ContainsFunc(value, func(b byte) bool { return b != 0 })
	switch {
	case strings.HasSuffix(o.name, "addr"):
		ones := 0
		for _, b := range o.mask {
			ones += bits.OnesCount8(b)
		}
		return fmt.Sprintf("%s %s%s/%d", o.name, sign, o.value(value), ones)
	case zero && op == "!=":
		return o.name + " " + o.value(o.mask)
	case zero:
		return o.name + " ! " + o.value(o.mask)
	}
	return fmt.Sprintf("%s %s%s / %s", o.name, sign, o.value(value), o.value(o.mask))
}

// within prints membership in a set or range and keeps it where it is of ports.
func (p *printer) within(o operand, spans []span, invert bool, name string) {
	p.narrows(o, "in", nil)
	if o.dport {
		p.portSpans(slices.Clone(spans), invert)
	}
	var members []string
	for _, s := range spans {
		text := o.value(s.from)
		if !slices.Equal(s.from, s.to) {
			text += "-" + o.value(s.to)
		}
		members = append(members, text)
	}
	text := "{ " + strings.Join(members, ", ") + " }"
	switch {
	case name != "":
		text = "@" + name
	case len(members) == 1:
		text = members[0]
	}
	if invert {
		text = "!= " + text
	}
	p.add(o.name + " " + text)
}

// reject prints the reason as nft does, which leaves out the usual one.
func (p *printer) reject(e *expr.Reject) {
	p.out.verdict = "reject"
	inet := p.out.chain.family == nftables.TableFamilyINet || p.out.chain.family == nftables.TableFamilyBridge
	switch {
	case e.Type == unix.NFT_REJECT_TCP_RST:
		p.add("reject with tcp reset")
	case e.Type == unix.NFT_REJECT_ICMPX_UNREACH && e.Code == unix.NFT_REJECT_ICMPX_PORT_UNREACH:
		p.add("reject")
	case e.Type == unix.NFT_REJECT_ICMPX_UNREACH:
		p.add("reject with icmpx " + codeName(icmpxCodes, e.Code))
	case p.l3 == "ipv6":
		p.rejectICMP("icmpv6", icmp6Codes, e.Code, inet)
	default:
		p.rejectICMP("icmp", icmpCodes, e.Code, inet)
	}
}

func (p *printer) rejectICMP(kind string, codes map[uint8]string, code uint8, inet bool) {
	p.take(&p.l3at)
	if name := codeName(codes, code); name != "port-unreachable" || inet {
		p.add("reject with " + kind + " " + name)
		return
	}
	p.add("reject")
}

var (
	icmpxCodes = map[uint8]string{0: "no-route", 1: "port-unreachable", 2: "host-unreachable", 3: "admin-prohibited"}
	icmpCodes  = map[uint8]string{0: "net-unreachable", 1: "host-unreachable", 2: "prot-unreachable", 3: "port-unreachable",
		9: "net-prohibited", 10: "host-prohibited", 13: "admin-prohibited"}
	icmp6Codes = map[uint8]string{0: "no-route", 1: "admin-prohibited", 3: "addr-unreachable", 4: "port-unreachable",
		5: "policy-fail", 6: "reject-route"}
)

func codeName(names map[uint8]string, code uint8) string {
	if name := names[code]; name != "" {
		return name
	}
	return strconv.Itoa(int(code))
}

func limitText(e *expr.Limit) string {
	units := map[expr.LimitTime]string{
		expr.LimitTimeSecond: "second", expr.LimitTimeMinute: "minute", expr.LimitTimeHour: "hour",
		expr.LimitTimeDay: "day", expr.LimitTimeWeek: "week",
	}
	unit, over, burst := units[e.Unit], "", ""
	if unit == "" {
		unit = (time.Duration(e.Unit) * time.Second).String()
	}
	if e.Over {
		over = "over "
	}
	if e.Type == expr.LimitTypePktBytes {
		return fmt.Sprintf("limit rate %s%d bytes/%s", over, e.Rate, unit)
	}
	if e.Burst != 5 && e.Burst != 0 {
		burst = fmt.Sprintf(" burst %d packets", e.Burst)
	}
	return fmt.Sprintf("limit rate %s%d/%s%s", over, e.Rate, unit, burst)
}

func logText(e *expr.Log) string {
	if len(e.Data) == 0 {
		return "log"
	}
	return "log prefix " + strconv.Quote(strings.TrimRight(string(e.Data), "\x00"))
}

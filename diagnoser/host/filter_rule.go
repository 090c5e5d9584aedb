package host

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/userdata"
	"github.com/google/nftables/xt"
)

// described is one rule as far as a diagnosis needs it.
type described struct {
	chain   chainKey
	handle  uint64
	match   portMatch
	verdict string // "drop", "reject" or ""
	jump    string // the chain that it jumps or goes to
	packets uint64
	text    string
	narrow  bool // see evidence.Filter
	// never is set where the rule cannot match the first packet of a connection, the only one
	// that matters here; also where it cannot be evaluated, which was then said.
	never bool
}

// printer follows a rule through the register machine of nftables and writes it down as
// nft prints it. Tests of protocol or family that nft implies are written when they are
// met and taken back when a later part implies them.
type printer struct {
	rs      *ruleset
	out     *described
	reg     map[uint32]operand
	parts   []string
	l3, l4  string
	l3at    int // index in parts of the test that gave l3; -1 where there is none
	l4at    int
	pending string // the last operand name with a lower bound, for a range
}

func (rs *ruleset) describe(key chainKey, r *nftables.Rule) *described {
	out := &described{chain: key, handle: r.Handle}
	p := &printer{rs: rs, out: out, reg: map[uint32]operand{}, l3at: -1, l4at: -1}
	switch key.family {
	case nftables.TableFamilyIPv4:
		p.l3 = "ipv4"
	case nftables.TableFamilyIPv6:
		p.l3 = "ipv6"
	}
	for _, e := range r.Exprs {
		p.expr(e)
	}
	if comment, ok := userdata.GetString(r.UserData, userdata.TypeComment); ok {
		p.add(`comment "` + comment + `"`)
	}
	out.match.protocol = p.l4
	p.parts = slices.DeleteFunc(p.parts, func(s string) bool { return s == "" })
	out.text = strings.Join(p.parts, " ")
	return out
}

func (p *printer) add(text string) { p.parts = append(p.parts, text) }

func (p *printer) expr(e expr.Any) {
	switch e := e.(type) {
	case *expr.Meta:
		p.reg[e.Register] = metaOperand(e.Key)
	case *expr.Ct:
		p.reg[e.Register] = ctOperand(e.Key)
	case *expr.Payload:
		p.payload(e)
	case *expr.Bitwise:
		o := p.reg[e.SourceRegister]
		o.mask = e.Mask
		p.reg[e.DestRegister] = o
	case *expr.Cmp:
		p.cmp(e)
	case *expr.Range:
		p.within(p.reg[e.Register], []span{{e.FromData, e.ToData}}, e.Op == expr.CmpOpNeq, "")
	case *expr.Lookup:
		p.lookup(e)
	case *expr.Fib:
		p.reg[e.Register] = fibOperand(e)
	default:
		p.statement(e)
	}
}

// statement writes what is no test: counters, logs, verdicts and targets of iptables.
func (p *printer) statement(e expr.Any) {
	switch e := e.(type) {
	case *expr.Counter:
		p.out.packets = e.Packets
		p.add(fmt.Sprintf("counter packets %d bytes %d", e.Packets, e.Bytes))
	case *expr.Limit:
		p.out.narrow = true
		p.add(limitText(e))
	case *expr.Log:
		p.add(logText(e))
	case *expr.Reject:
		p.reject(e)
	case *expr.Verdict:
		p.verdict(e)
	case *expr.Match:
		p.xtMatch(e)
	case *expr.Target:
		if e.Name == "REJECT" {
			p.out.verdict = "reject"
		}
		p.add(`xt target "` + e.Name + `"`)
	default:
		p.out.narrow = true
		name := strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", e), "*expr."))
		p.add("[" + name + "]")
	}
}

func (p *printer) payload(e *expr.Payload) {
	o := payloadOperand(e, p.l4, p.l3)
	if strings.HasPrefix(o.name, p.l4+" ") {
		p.take(&p.l4at)
	}
	if strings.HasPrefix(o.name, "ip ") || strings.HasPrefix(o.name, "ip6 ") {
		p.take(&p.l3at)
	}
	p.reg[e.DestRegister] = o
}

// take removes a test that what follows implies.
func (p *printer) take(at *int) {
	if *at >= 0 {
		p.parts[*at] = ""
		*at = -1
	}
}

func (p *printer) verdict(e *expr.Verdict) {
	names := map[expr.VerdictKind]string{
		expr.VerdictAccept: "accept", expr.VerdictDrop: "drop", expr.VerdictReturn: "return",
		expr.VerdictContinue: "continue", expr.VerdictJump: "jump " + e.Chain, expr.VerdictGoto: "goto " + e.Chain,
	}
	switch e.Kind {
	case expr.VerdictDrop:
		p.out.verdict = "drop"
	case expr.VerdictJump, expr.VerdictGoto:
		p.out.jump = e.Chain
	}
	p.add(names[e.Kind])
}

// xtMatch reads the extensions of iptables that name a destination port.
func (p *printer) xtMatch(e *expr.Match) {
	p.add(`xt match "` + e.Name + `"`)
	p.out.narrow = p.out.narrow || narrowMatch(e)
	switch info := e.Info.(type) {
	case *xt.Tcp:
		p.l4 = "tcp"
		p.portSpans([]span{{port(info.DstPorts[0]), port(info.DstPorts[1])}}, info.InvFlags&xt.TcpInvDestPorts != 0)
	case *xt.Udp:
		p.l4 = "udp"
		p.portSpans([]span{{port(info.DstPorts[0]), port(info.DstPorts[1])}}, info.InvFlags&xt.UdpInvDestPorts != 0)
	case *xt.ConntrackMtinfo3: // its state bits are those of nftables
		if info.MatchFlags&uint16(xt.ConntrackState) != 0 && uint32(info.StateMask)&expr.CtStateBitNEW == 0 &&
			info.InvertFlags&uint16(xt.ConntrackState) == 0 {
			p.out.never = true
		}
	case *xt.Unknown:
		if e.Name == "multiport" {
			p.multiport([]byte(*info))
		}
	}
}

// multiport reads struct xt_multiport_v1: flags, count, 15 ports, 15 range marks, invert.
// A mark says that its port begins a range that the next port ends.
func (p *printer) multiport(b []byte) {
	const ports, marks, invert = 2, 32, 47
	if len(b) <= invert || b[0] == 0 { // 0 is XT_MULTIPORT_SOURCE
		return
	}
	var spans []span
	for i := 0; i < int(min(b[1], 15)); i++ {
		from := native.Uint16(b[ports+2*i:])
		to := from
		if b[marks+i] != 0 && i < 14 {
			i++
			to = native.Uint16(b[ports+2*i:])
		}
		spans = append(spans, span{port(from), port(to)})
	}
	p.portSpans(spans, b[invert] != 0)
}

func (p *printer) portSpans(spans []span, invert bool) {
	if invert {
		spans = without(spans)
	}
	if len(spans) == 0 {
		return
	}
	if len(spans) == 1 {
		if from, to := spans[0].ports(); from == 0 && to == 65535 {
			return
		}
	}
	p.out.match.ranges = both(p.out.match.ranges, spans)
}

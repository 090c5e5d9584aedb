package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "localhost-dual-stack",
	doc: Doc{
		What:    "localhost means 127.0.0.1 and ::1. The backend listens on one of them, and the proxy, which takes the name for a group of two servers, tries both in turn.",
		Confirm: "getent ahosts localhost lists both; ss -ltn shows the port on 127.0.0.1 only.",
		Mends:   "Write 127.0.0.1 (or [::1]) where the configuration says localhost.",
		Hides:   "proxy_next_upstream tries the other address: an error in the log, a late answer, and after a failure \"no live upstreams\".",
		Source:  "ngx_inet_resolve_host: each address is a server; RFC 6761 section 6.3",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if o := in.slowWindows(g); o != nil {
			return o
		}
		if g.Outcome == evidence.NoneLive && in.blind() && (g.target.Address == "localhost" || strings.HasPrefix(g.target.Address, "localhost:")) {
			return &opinion{certainty: Possible, weight: 1, check: "getent ahosts localhost; ss -ltn", evidence: []Fact{
				fact(fromLog, "localhost is a group of two servers, 127.0.0.1 and ::1: a single server is never set aside")}}
		}
		if o := in.sixOnly(g); o != nil {
			return o
		}
		if o := in.toldSix(g); o != nil {
			return o
		}
		if g.Phase != evidence.Connecting || !g.errno(111, 99, 101, 110) || !strings.HasPrefix(g.target.Address, "[::1]:") && !strings.HasPrefix(g.target.Address, "[::]:") {
			return nil
		}
		if g.pass == nil {
			return &opinion{certainty: Possible, weight: 3, check: "ss -ltn; getent ahosts localhost", evidence: []Fact{
				fact(fromLog, "%s is what localhost means besides 127.0.0.1", hostOf(g.target.Address))},
				also: []Alternative{{"backend-down", "the backend may listen on neither", listeners(g.target)}}}
		}
		d, i := g.pass.Directive, 0
		if s := g.pass.ServerFor(g.target); s != nil {
			d = s.Directive
		}
		if !strings.Contains(d.Arg(i), "localhost") {
			return nil
		}
		o := &opinion{certainty: Possible, weight: 3, check: "ss -ltn; getent ahosts localhost", where: in.where(d)}
		o.evidence = []Fact{in.configFact(d, "%s names localhost, which is ::1 as well as 127.0.0.1", d.Name)}
		four := evidence.Target{Protocol: g.target.Protocol, Network: "tcp", Address: "127.0.0.1" + strings.TrimPrefix(g.target.Address, "[::1]")}
		if l := in.listener(four); l != nil && in.listener(g.target) == nil {
			o.certainty = Proved
			o.evidence = append(o.evidence, fact(fromSocket, "%s listens, and nothing on %s", describe(*l), g.target.Address))
			raw := strings.Replace(in.config.Text(d.File)[d.Args[i].Start:d.Args[i].End], "localhost", "127.0.0.1", 1)
			o.remedies = in.edit("name the address on which the backend listens", in.config.ReplaceArg(d, i, raw))
		}
		return o
	},
})

// sixOnly judges a refused connect to 127.0.0.1 by the sockets of this host: the backend was told to listen on localhost,
// and took ::1 for it, the address that getaddrinfo(3) lists first (RFC 6724).
func (in *inquiry) sixOnly(g *group) *opinion {
	port, ok := strings.CutPrefix(g.target.Address, "127.0.0.1:")
	if !ok || !g.is(evidence.Connecting, evidence.Refused) || in.blind() || in.listener(g.target) != nil || !in.sees("tcp listeners") {
		return nil
	}
	six := evidence.Target{Protocol: g.target.Protocol, Network: "tcp", Address: "[::1]:" + port}
	l := in.listener(six)
	if l == nil || in.named(*l) || in.ownedByProxy(*l) {
		return nil
	}
	o := &opinion{certainty: Proved, weight: 4, check: "ss -ltn; getent ahosts localhost", evidence: []Fact{
		fact(fromSocket, "nothing listens on %s", g.target.Address), fact(fromSocket, "%s listens, on IPv6", describe(*l))}}
	if g.pass != nil {
		d := g.pass.Directive
		if s := g.pass.ServerFor(g.target); s != nil {
			d = s.Directive
		}
		o.where = in.where(d)
		raw := in.config.Text(d.File)[d.Args[0].Start:d.Args[0].End]
		if now := strings.Replace(raw, g.target.Address, six.Address, 1); now != raw {
			o.remedies = in.edit("name the address on which the backend listens", in.config.ReplaceArg(d, 0, now))
		}
	}
	return o
}

// toldSix judges a refused 127.0.0.1 by what somebody printed of listeners: the same port, on ::1 alone.
func (in *inquiry) toldSix(g *group) *opinion {
	port, ok := strings.CutPrefix(g.target.Address, "127.0.0.1:")
	six := evidence.Target{Protocol: g.target.Protocol, Network: "tcp", Address: "[::1]:" + port}
	if !ok || in.host == nil || !in.blind() || !g.is(evidence.Connecting, evidence.Refused) || in.listener(g.target) != nil {
		return nil
	}
	l := in.listener(six)
	if l == nil || !strings.HasPrefix(l.Address, "[::1]:") {
		return nil
	}
	return &opinion{certainty: Likely, weight: 6, check: "ss -ltn; getent ahosts localhost", evidence: []Fact{
		fact(fromSocket, "%s listens on IPv6's loopback address only, and nothing on %s", describe(*l), g.target.Address)}}
}

// slowWindows judges a connect to this host that timed out on Windows, where ::1 is tried first and
// a port that is closed there is not refused at once. The record may have lost its upstream.
func (in *inquiry) slowWindows(g *group) *opinion {
	if !g.is(evidence.Connecting, evidence.TimedOut) || !strings.Contains(g.Message, "(10060:") || g.known() && !strings.HasPrefix(g.target.Address, "127.") {
		return nil
	}
	p := in.passFor(g)
	named := p != nil && strings.Contains(p.Directive.Arg(0), "localhost")
	if !g.known() && (p == nil || !named && !loopback(p.Address)) {
		return nil
	}
	o := &opinion{certainty: Possible, check: "does the configuration in use say localhost? getent ahosts localhost", evidence: []Fact{
		fact(fromLog, "a connect to this host timed out on Windows, where localhost is ::1 first")},
		also: []Alternative{{"backend-down", "the backend may not be running", "netstat -ano | findstr LISTENING"}}}
	if named || !g.known() {
		o.weight = 3
	}
	return o
}

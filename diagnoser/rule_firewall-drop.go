package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = register(rule{
	cause: "firewall-drop",
	doc: Doc{
		What:    "A packet filter drops the proxy's connection attempts without an answer. Every attempt takes exactly the connect timeout and ends in 504.",
		Confirm: "nft list ruleset, or iptables-save -c, on both hosts: a drop rule for the port whose counter grows; tcpdump shows SYN after SYN and no answer.",
		Mends:   "Remove the rule, or put an accept for the backend's port before it.",
		Hides:   "A longer proxy_connect_timeout only lets clients wait longer; a shorter one fails sooner.",
		Source:  "nft(8), drop",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !g.is(evidence.Connecting, evidence.TimedOut) || !g.tcp() {
			return nil
		}
		f := in.filter(g.target, "drop")
		if f == nil {
			return nil
		}
		o := in.filtered(f, g.target)
		o.check = "nft list ruleset"
		if p := in.probe(g); p != nil {
			addProbe(o, p, evidence.TimedOut)
			if p.Outcome == evidence.OK {
				o.certainty = Possible
			}
		}
		return o
	},
})

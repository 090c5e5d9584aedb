package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = register(rule{
	cause: "conntrack-table-full",
	doc: Doc{
		What:    "The kernel's table of tracked connections is full, on the proxy's host, the backend's or a gateway between: it drops packets of new connections, which looks like an unreachable backend.",
		Confirm: "dmesg: nf_conntrack: table full, dropping packet. sysctl net.netfilter.nf_conntrack_count comes near nf_conntrack_max.",
		Mends:   "A larger net.netfilter.nf_conntrack_max; kept-alive connections to the backend; NOTRACK for the proxy's own traffic.",
		Hides:   "A longer connect timeout: a repeated SYN may pass.",
		Source:  "nf_conntrack_alloc",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !(g.Phase == evidence.Connecting && g.Outcome == evidence.TimedOut) {
			return nil
		}
		return in.hinted("conntrack-table-full", "dmesg | grep conntrack; sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max")
	},
})

package diagnoser

import (
	"fmt"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "firewall-reject",
	doc: Doc{
		What: "A packet filter answers the proxy's connection attempt with an error: a reset or port-unreachable looks like a closed port (errno 111) though " +
			"the backend listens, host- or admin-prohibited like a missing route (113). firewalld rejects so by default.",
		Confirm: "The backend listens (ss -ltnp) and a request from its own host is answered; nft list ruleset on the backend's host shows the reject rule.",
		Mends:   "Open the port: firewall-cmd --permanent --add-port=PORT/tcp && firewall-cmd --reload, or remove the rule.",
		Hides:   "Nothing on the proxy's side.",
		Source:  "nft(8), reject; RFC 1122 section 3.2.2.1",
	},
	judge: func(in *inquiry, g *group) *opinion {
		refused := g.Outcome == evidence.Refused
		if g.Phase != evidence.Connecting || !g.notUnix() || g.Immediate || !refused && g.Errno != 113 {
			return nil
		}
		f := in.filter(g.target, "reject")
		l := in.listener(g.target)
		if f != nil && (l != nil || !refused) {
			o := in.filtered(f, g.target)
			if l != nil {
				o.evidence = append(o.evidence, fact(fromSocket, "%s listens all the same", describe(*l)))
			}
			return o
		}
		if refused {
			return nil
		}
		return &opinion{certainty: Possible, weight: 1, check: "firewall-cmd --list-all on the backend's host",
			evidence: []Fact{fact(fromLog, "the answer came over the network: a firewall's ICMP, or no answer to ARP")},
			also: []Alternative{{"stale-upstream-ip", "a host that is gone from the local network gives 113 after 3 s",
				fmt.Sprintf("ip neigh show %s; getent hosts NAME", hostOf(g.target.Address))}}}
	},
})

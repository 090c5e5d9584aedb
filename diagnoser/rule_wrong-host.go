package diagnoser

import (
	"net/netip"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "wrong-host",
	doc: Doc{
		What: "The proxy connects to a machine or container that is not the backend's: a typing error in the address, the gateway of another container network, " +
			"an address of another environment.",
		Confirm: "ip addr where the backend runs does not show the address in the log; docker inspect of the backend shows another network.",
		Mends:   "The backend's own address; its service name where both containers share a network.",
		Hides:   "Nothing: what listens there, if anything, is something else.",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !g.is(evidence.Connecting, evidence.Refused) || in.host != nil || !foreignGateway(g) {
			return nil
		}
		return &opinion{certainty: Possible, weight: 3, check: "docker inspect of the backend: its networks and addresses", evidence: []Fact{
			fact(fromLog, "%s is the gateway of a container network, and the proxy is in another one, whose gateway is %s", hostOf(g.target.Address), g.Client)},
			also: []Alternative{{"backend-binds-loopback", "a backend on the host may listen on its 127.0.0.1 only", listeners(g.target)}}}
	},
})

// foreignGateway tells whether the proxy, in one container network, connects to the
// gateway of another.
func foreignGateway(g *group) bool {
	target := hostOf(g.target.Address)
	if !bridged(target) || !bridged(g.Client) {
		return false
	}
	own, err := netip.MustParseAddr(g.Client).Prefix(16)
	return err == nil && !own.Contains(netip.MustParseAddr(target))
}

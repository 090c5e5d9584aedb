package diagnoser

import (
	"net/netip"
	"slices"

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
		Source:  "connect(2)",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Phase != evidence.Connecting || !g.tcp() || !in.blind() {
			return nil
		}
		if o := in.mistyped(g); o != nil {
			return o
		}
		if g.Outcome != evidence.Refused || !foreignGateway(g) {
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

// mistyped finds an address in the other evidence, or the client's network, from which the one in
// the log differs by a slip: one octet, or two digits that changed places.
func (in *inquiry) mistyped(g *group) *opinion {
	asked := netipOf(hostOf(g.target.Address))
	if !asked.Is4() || slices.Contains(in.printed, asked) {
		return nil
	}
	for _, a := range in.printed {
		if a.Is4() && !a.IsLoopback() && !gateway(a) && slip(a, asked) {
			return &opinion{certainty: Likely, weight: 3, check: "ip addr where the backend runs", evidence: []Fact{
				fact(fromBackend, "the other evidence has %s, and the proxy asks %s", a, asked)}}
		}
	}
	return nil
}

// slip tells whether two addresses end alike and differ in the first or second octet, which no lease or restart changes.
func slip(a, b netip.Addr) bool {
	x, y := a.As4(), b.As4()
	return x[2] == y[2] && x[3] == y[3] && (x[0] == y[0]) != (x[1] == y[1]) || x[2] == y[2] && x[3] == y[3] && x[0] != y[0] || swapped(a.String(), b.String())
}

// swapped tells whether two addresses differ by two neighbouring digits that changed places.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i] != '.' && b[i] != '.' && a[i+2:] == b[i+2:]
}

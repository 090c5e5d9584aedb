package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "ipv6-unreachable",
	doc: Doc{
		What:    "The backend's name has an IPv6 address, and the proxy's host has no IPv6: no address of its own (errno 99), no route (101).",
		Confirm: "The upstream in the log is in brackets; ip -6 route get ADDRESS fails; getent ahosts NAME lists both families.",
		Mends:   "Name the IPv4 address; resolver … ipv6=off where names are resolved at run time; or give the host IPv6.",
		Hides:   "A second address of the name: every other request fails first.",
		Source:  "ipv6(7); RFC 6724",
	},
	judge: func(in *inquiry, g *group) *opinion {
		v6 := g.errno(99, 101, 97) || g.Outcome == evidence.Unreachable
		if g.Phase != evidence.Connecting || !v6 || !g.tcp() || !strings.HasPrefix(g.target.Address, "[") {
			return nil
		}
		return &opinion{certainty: Likely, weight: 1, check: "ip -6 route get " + hostOf(g.target.Address)}
	},
})

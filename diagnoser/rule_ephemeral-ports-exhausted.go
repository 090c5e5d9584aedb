package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "ephemeral-ports-exhausted",
	doc: Doc{
		What:    "All local ports towards one address and port are taken, most of them by connections in TIME-WAIT: every request opened a connection of its own.",
		Confirm: "ss -tan dst ADDRESS | wc -l comes near the size of net.ipv4.ip_local_port_range.",
		Mends:   "keepalive in the upstream{} block (with proxy_http_version 1.1 and an empty Connection header before 1.29.7); a unix socket; several addresses.",
		Hides:   "A wider ip_local_port_range and tcp_tw_reuse only move the limit.",
		Source:  "ip(7), ip_local_port_range; connect(2), EADDRNOTAVAIL",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Phase != evidence.Connecting || g.Errno != 99 && g.Errno != 98 || !g.tcp() || strings.HasPrefix(g.target.Address, "[") {
			return nil
		}
		return &opinion{certainty: Likely, check: "ss -tan dst " + g.target.Address + " | wc -l; sysctl net.ipv4.ip_local_port_range"}
	},
})

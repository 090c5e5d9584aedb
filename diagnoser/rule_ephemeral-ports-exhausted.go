package diagnoser

import (
	"fmt"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
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
		if !noLocalPort(g) {
			return nil
		}
		o := &opinion{certainty: Likely, check: "ss -tan dst " + g.target.Address + " | wc -l; sysctl net.ipv4.ip_local_port_range", remedies: in.keepEdit(g)}
		in.countPorts(o, g)
		return o
	},
})

// noLocalPort tells whether connect(2) found no local port: EADDRNOTAVAIL, or EADDRINUSE behind a bind.
func noLocalPort(g *group) bool {
	return g.Phase == evidence.Connecting && (g.Errno == 99 || g.Errno == 98) && g.tcp() && !strings.HasPrefix(g.target.Address, "[")
}

// countPorts compares the connections to a group's target with the local ports that there are for them.
func (in *inquiry) countPorts(o *opinion, g *group) {
	var first, last int
	if n, _ := fmt.Sscan(in.setting("net.ipv4.ip_local_port_range"), &first, &last); n != 2 || last < first {
		return
	}
	ports := last - first + 1
	o.evidence = append(o.evidence, fact(fromKernel, "net.ipv4.ip_local_port_range is %d to %d: %d connections to one address", first, last, ports))
	if in.host == nil {
		return
	}
	for _, b := range in.host.Busy {
		if b.Address != g.target.Address {
			continue
		}
		f := fact(fromSocket, "%d connections to %s are in TIME-WAIT, %d are open", b.TimeWait, b.Address, b.Open)
		if 10*(b.TimeWait+b.Open) < 9*ports { // they come and go: a tenth may be free again
			o.against = append(o.against, f)
			continue
		}
		o.certainty = in.proof()
		o.evidence = append(o.evidence, f)
	}
}

// keepEdit has the proxy keep connections, where its configuration has a group that can hold them: a cache of idle ones,
// and requests that leave them open.
func (in *inquiry) keepEdit(g *group) []Remedy {
	if g.pass == nil || g.pass.Group == nil || g.pass.Variable {
		return nil
	}
	if kept, _ := in.config.KeepsAlive(g.pass, in.proxy.Version); kept {
		return nil
	}
	var edits []nginx.Edit
	if d := g.pass.Group.Directive.Child("keepalive"); d == nil || d.Arg(0) == "0" {
		edits = append(edits, in.config.Set(g.pass.Group.Directive, lastOf(g.pass.Group), "keepalive", "32"))
	}
	switch g.pass.Prefix {
	case "proxy_":
		edits = append(edits, in.keepConnections(g.pass)...)
	case "fastcgi_":
		edits = append(edits, in.set(g.pass, "fastcgi_keep_conn", "on"))
	default:
		return nil
	}
	return in.edit("keep the connections, so that not every request takes a port of its own", joinInserts(nginx.Sort(edits))...)
}

package diagnoser

import (
	"net"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "selinux-denial",
	doc: Doc{
		What: "The host's security policy forbids the proxy to connect: connect(2) itself answers errno 13, while the same request from " +
			"another process goes through. SELinux does so for httpd_t unless httpd_can_network_connect is on.",
		Confirm: "getenforce says Enforcing, and ausearch -m avc -ts recent -c nginx shows denied { name_connect }, or { write } or { connectto } for a unix socket.",
		Mends:   "setsebool -P httpd_can_network_connect 1, or label the port: semanage port -a -t http_port_t -p tcp PORT. For a socket: restorecon, or a label that httpd_t may use.",
		Hides:   "setenforce 0 switches all of the protection off. chmod, a firewall rule or a longer timeout change nothing.",
		Source:  "httpd_selinux(8)",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if o := in.audited(g); o != nil {
			return o
		}
		switch {
		case !g.is(evidence.Connecting, evidence.Denied) || g.Errno != 13 || !g.known():
			return nil
		case g.unix():
			return deniedSocket(in, g)
		}
		return deniedConnect(in, g)
	},
})

func deniedConnect(in *inquiry, g *group) *opinion {
	_, port, _ := net.SplitHostPort(g.target.Address)
	o := &opinion{certainty: Likely, weight: 1, check: "getenforce; ausearch -m avc -ts recent -c nginx", remedies: []Remedy{{
		Action: SetPolicy, Summary: "let the proxy's domain connect to the network",
		Params:   &Params{Policy: "httpd_can_network_connect", Value: "on"},
		Commands: []string{"setsebool -P httpd_can_network_connect 1"},
	}}}
	o.also = []Alternative{{"network-unreachable", "a route of kind prohibit gives the same errno", "ip route get " + hostOf(g.target.Address)}}
	if r := in.route(g.target); r != nil {
		if r.Kind == "prohibit" {
			return nil
		}
		o.also = nil
		o.evidence = append(o.evidence, fact(fromKernel, "the route to %s is %s, none prohibits it", r.Destination, r.Kind))
	}
	if l := in.listener(g.target); l != nil {
		o.evidence = append(o.evidence, fact(fromSocket, "%s listens", describe(*l)))
	}
	switch mode, allowed := in.setting("getenforce"), in.setting("httpd_can_network_connect"); {
	case mode == "enforcing" && allowed == "off":
		o.certainty, o.weight = Proved, 5
		o.evidence = append(o.evidence, fact(fromKernel, "SELinux is enforcing, and httpd_can_network_connect is off"))
	case allowed == "off":
		o.weight = 4
		o.evidence = append(o.evidence, fact(fromKernel, "httpd_can_network_connect is off"))
	case mode == "permissive", mode == "disabled", allowed == "on":
		o.certainty, o.weight = Possible, 0
		o.against = append(o.against, fact(fromKernel, "SELinux: %s, httpd_can_network_connect: %s", orUnknown(mode), orUnknown(allowed)))
	}
	if p := in.probe(g); p != nil {
		addProbe(o, p, evidence.OK)
		if p.Errno == 13 {
			o.certainty = Possible // not the proxy's confinement alone
		}
	}
	o.evidence = append(o.evidence, fact(fromLog, "connect(2) itself was denied: no packet was sent to port %s", port))
	return o
}

// deniedSocket holds where all modes admit the worker and connect is denied nevertheless.
func deniedSocket(in *inquiry, g *group) *opinion {
	worker, path := in.worker(), in.path(g.target.Address)
	if o := in.enforcedSocket(g); o != nil {
		return o
	}
	if worker == nil || path == nil || in.host.Pasted && len(path.Nodes) < 2 || denier(worker, path) != nil || in.node(g.target).Kind != "socket" {
		return nil
	}
	return &opinion{certainty: Likely, check: "ausearch -m avc -ts recent -c nginx", evidence: []Fact{
		nodeFact(in.node(g.target)), workerFact(worker), fact(fromFile, "every mode along the path admits the worker"),
	}}
}

// enforcedSocket judges by SELinux's mode: somebody printed that it is enforcing, and of the socket nothing
// that keeps the worker out.
func (in *inquiry) enforcedSocket(g *group) *opinion {
	if in.setting("getenforce") != "enforcing" || !in.blind() || privatePath(g.target.Address) {
		return nil
	}
	if n := in.node(g.target); n != nil && (n.Kind != "socket" || n.Mode&mayWrite != mayWrite) {
		return nil
	}
	return &opinion{certainty: Likely, weight: 3, check: "ausearch -m avc -ts recent -c nginx", evidence: []Fact{
		fact(fromKernel, "SELinux is enforcing")}}
}

func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return host
}

func orUnknown(s string) string {
	if s == "" {
		return "not known"
	}
	return s
}

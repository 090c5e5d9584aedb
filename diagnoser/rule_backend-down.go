package diagnoser

import (
	"net"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "backend-down",
	doc: Doc{
		What: "Nothing listens where the proxy connects to. On TCP the kernel answers the connect with a reset; on a unix socket " +
			"the file of a listener that died without unlinking it is left behind.",
		Confirm: "ss -ltnp 'sport = :PORT' shows no line, in the network namespace of the backend. For a unix socket: ls -l PATH shows " +
			"a socket, ss -xlp shows no listener of it. systemctl status, docker ps or the orchestrator tell why the backend is not running.",
		Mends:  "Start the backend; for a stale socket restart it, so that it unlinks the file first. If it runs elsewhere, see wrong-port and wrong-host.",
		Hides:  "A second server in the upstream{} block: the proxy tries it, and nobody sees that the first is gone. Longer timeouts change nothing.",
		Source: "connect(2), ECONNREFUSED; ngx_http_upstream_test_connect",
	},
	judge: func(in *inquiry, g *group) *opinion {
		switch {
		case g.is(evidence.Connecting, evidence.Unreachable) && g.Errno == 113 && in.blind() && inContainer(g.target.Address):
			return &opinion{certainty: Possible, weight: 2, check: "docker ps -a; docker inspect", evidence: []Fact{
				fact(fromLog, "no answer to ARP at %s, an address of a container network: no container has it now", g.target.Address)},
				also: []Alternative{{"stale-upstream-ip", "its successor may have another address", "getent hosts NAME against the address in the log"}}}
		case g.is(evidence.Connecting, evidence.Unreachable) && in.blind() && !g.known() && strings.Contains(g.Message, "Host is unreachable"):
			return &opinion{certainty: Possible, weight: 2, check: "docker ps -a; docker inspect", evidence: []Fact{
				fact(fromLog, "the C library of small containers words it so: a container's address, to which nobody answers")},
				also: []Alternative{{"stale-upstream-ip", "its successor may have another address", "getent hosts NAME against the address in the log"}}}
		case lateOnWindows(g):
			return &opinion{certainty: Possible, weight: 2, check: "netstat -ano | findstr LISTENING", also: downAlso(g), evidence: []Fact{
				fact(fromLog, "nginx on Windows may learn of a refused connect by its timer only (errno 10060), and %s is this host", g.target.Address)}}
		case !g.is(evidence.Connecting, evidence.Refused):
			return nil
		case g.unix():
			return downUnix(in, g)
		}
		return downTCP(in, g)
	},
})

// lateOnWindows tells whether a connect to this host timed out on Windows, where select()
// reports a refused one in its third set, which older nginx does not ask for.
func lateOnWindows(g *group) bool {
	return g.is(evidence.Connecting, evidence.TimedOut) && strings.Contains(g.Message, "(10060:") && loopback(g.target.Address)
}

func downTCP(in *inquiry, g *group) *opinion {
	o := &opinion{certainty: Possible, weight: 2, why: "the backend may not be running", check: listeners(g.target),
		remedies: []Remedy{backend(StartBackend, "start the backend that should listen on "+g.target.Address, g)}}
	o.also = downAlso(g)
	in.toldDown(o)
	p := in.probe(g)
	l := in.listener(g.target)
	switch {
	case l != nil:
		o.against = append(o.against, fact(fromSocket, "%s listens now", describe(*l)))
		o.remedies = nil
	case in.sees("tcp listeners") && in.local(g.target):
		o.certainty = in.proof()
		o.evidence = append(o.evidence, fact(fromSocket, "nothing listens on %s", g.target.Address))
		weighOthers(in, g, o)
	case probed(p, evidence.Refused):
		o.certainty = Likely
	}
	if p != nil {
		addProbe(o, p, evidence.Refused)
	}
	in.forbidden(g, o)
	return o
}

// downAlso lists what a refused connect can be besides a backend that is down.
func downAlso(g *group) []Alternative {
	if lateOnWindows(g) && g.target.Protocol == "fastcgi" {
		return []Alternative{{"worker-exits-max-requests", "php-cgi ends after PHP_FCGI_MAX_REQUESTS (500) requests, and nobody starts it again", "tasklist | findstr php-cgi"}}
	}
	also := []Alternative{{"wrong-port", "the backend may listen on another port", "ss -ltnp"}}
	if g.tcp() && inContainer(g.target.Address) {
		also = append(also, Alternative{"backend-binds-loopback", "the backend may listen on its container's 127.0.0.1 only", "ss -ltn in the backend's container"})
	}
	if g.tcp() && !loopback(g.target.Address) {
		also = append(also, Alternative{"wrong-host", "the address may be another machine's", "is it the backend's? ip addr there"})
	} else {
		also = append(also, Alternative{"container-localhost", "a loopback address inside a container is the container itself", "docker inspect, or nsenter -t PID -n ss -ltnp"})
	}
	return append(also, Alternative{"start-order", "the backend may not have been up yet", "does the error go on?"})
}

// listeners is the command that shows what listens on an address's port.
func listeners(t evidence.Target) string {
	if _, port, err := net.SplitHostPort(t.Address); err == nil {
		return "ss -ltnp 'sport = :" + port + "'"
	}
	return "ss -ltnp"
}

// weighOthers lowers the certainty where another listener may be the backend.
func weighOthers(in *inquiry, g *group, o *opinion) {
	o.also = nil
	for _, a := range in.answers(g) {
		if a.sure() || a.open() {
			o.certainty = Likely
			o.against = append(o.against, fact(fromSocket, "%s listens and no configuration names it", describe(a.Listener)))
		} else {
			o.evidence = append(o.evidence, fact(fromProbe, "%s is not the backend: %s", describe(a.Listener), probeFact(a.probe).Text))
		}
	}
}

// addProbe files a probe under the evidence when it shows one of the outcomes, else against.
func addProbe(o *opinion, p *evidence.Probe, outcomes ...string) {
	if probed(p, outcomes...) {
		o.evidence = append(o.evidence, probeFact(p))
	} else {
		o.against = append(o.against, probeFact(p))
	}
}

func downUnix(in *inquiry, g *group) *opinion {
	path := g.target.Address
	o := &opinion{certainty: Likely, weight: 2, check: "ss -xlp | grep " + path + "; ls -l " + path,
		remedies: []Remedy{backend(RestartBackend, "restart the backend: it must unlink the stale socket before it listens", g)}}
	node, l := in.node(g.target), in.listener(g.target)
	switch {
	case l != nil:
		o.certainty = Possible
		o.against = append(o.against, fact(fromSocket, "%s listens now", describe(*l)))
	case node == nil || !in.sees("unix listeners"):
		o.evidence = append(o.evidence, fact(fromLog, "the file exists, but connect(2) found no listener behind it"))
	case node.Kind == "socket":
		o.certainty = in.proof()
		o.evidence = append(o.evidence, fact(fromFile, "%s is a socket", path), fact(fromSocket, "no listener is bound to it: the file is stale"))
	default:
		o.evidence = append(o.evidence, fact(fromFile, "%s is a %s", path, node.Kind))
	}
	if p := in.probe(g); p != nil {
		addProbe(o, p, evidence.Refused, evidence.Missing)
	}
	return o
}

package diagnoser

import (
	"net/netip"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "container-localhost",
	doc: Doc{
		What:    "The proxy runs in a container, and its configuration says localhost or 127.0.0.1: that is the proxy's own container, not the backend's and not the host.",
		Confirm: "docker exec PROXY ss -ltn, or nsenter -t PID -n ss -ltn, shows no such port, while the backend listens on the host or in its own container.",
		Mends:   "The backend's service name where both share a network; host.docker.internal (with extra_hosts: host-gateway on Linux) for a backend on the host; or the host's network for the proxy.",
		Hides:   "Publishing the backend's port changes nothing in the proxy's container.",
		Source:  "network_namespaces(7)",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !in.blind() || !g.is(evidence.Connecting, evidence.Refused) || !loopback(g.target.Address) {
			return nil
		}
		if !bridged(g.Client) {
			return in.composed(g)
		}
		return &opinion{certainty: Possible, weight: 3, check: "docker exec PROXY ss -ltn", evidence: []Fact{
			fact(fromLog, "the client's address %s is the gateway of a container network, so the proxy is in a container; %s is that container itself", g.Client, g.target.Address)},
			also: []Alternative{{"backend-down", "a backend in the same container may not be running", listeners(g.target)},
				{"wrong-port", "it may listen on another port", "ss -ltnp"}}}
	},
})

func loopback(address string) bool {
	ap, err := netip.ParseAddrPort(address)
	return err == nil && ap.Addr().IsLoopback()
}

// containerNetworks are Docker's default address pools that hardly anybody else uses.
var containerNetworks = netip.MustParsePrefix("172.16.0.0/12")

// inContainer tells whether an address is most likely a container's.
func inContainer(address string) bool {
	ap, err := netip.ParseAddrPort(address)
	return err == nil && containerNetworks.Contains(ap.Addr()) && !gateway(ap.Addr())
}

// bridged tells whether a client's address is the gateway of a container network: the
// host, or whoever came through a published port.
func bridged(client string) bool {
	a, err := netip.ParseAddr(client)
	return err == nil && containerNetworks.Contains(a) && gateway(a)
}

func gateway(a netip.Addr) bool {
	b := a.As4()
	return b[2] == 0 && b[3] == 1
}

// composed judges by containers that somebody listed: the proxy's is one of them.
func (in *inquiry) composed(g *group) *opinion {
	if p := in.compose.proxy(); p != nil && !p.within && len(in.compose.services) > 1 {
		return &opinion{certainty: Likely, weight: 3, check: "docker exec PROXY ss -ltn", evidence: []Fact{
			fact(fromFile, "the proxy is the service %s of a compose file; %s is its own container", p.name, g.target.Address)}}
	}
	for _, c := range in.told().Containers {
		if !strings.Contains(c.Image+c.Name, "nginx") && !strings.Contains(c.Image+c.Name, "httpd") && !strings.Contains(c.Image+c.Name, "haproxy") || !strings.HasPrefix(c.State, "Up") {
			continue
		}
		return &opinion{certainty: Likely, weight: 3, check: "docker exec PROXY ss -ltn", evidence: []Fact{
			fact(fromProcess, "the proxy runs in the container %s; %s is that container itself", c.Name, g.target.Address)}}
	}
	return nil
}

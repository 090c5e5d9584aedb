package diagnoser

import (
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// sees tells whether facts of the host were collected and the source was readable:
// only then is an absence a fact.
func (in *inquiry) sees(source string) bool {
	if in.host == nil {
		return false
	}
	for _, u := range in.host.Unread {
		if strings.HasPrefix(u.Source, source) {
			return false
		}
	}
	return true
}

// local tells whether an address is the host's own, so that its listeners say all.
func (in *inquiry) local(t evidence.Target) bool {
	host, _, err := net.SplitHostPort(t.Address)
	if err != nil {
		return t.Network == "unix"
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		return true
	}
	r := in.route(t)
	return r != nil && r.Kind == "local"
}

func (in *inquiry) route(t evidence.Target) *evidence.Route {
	if in.host == nil {
		return nil
	}
	for i, r := range in.host.Routes {
		if r.Destination == t.Address || in.host.Pasted && covers(r.Destination, t.Address) {
			return &in.host.Routes[i]
		}
	}
	return nil
}

// covers tells whether a destination as ip route prints it holds an address with a port.
func covers(destination, address string) bool {
	ip, err := netip.ParseAddr(strings.Trim(hostOf(address), "[]"))
	if err != nil {
		return false
	}
	if network, err := netip.ParsePrefix(destination); err == nil {
		return network.Contains(ip)
	}
	return destination == ip.String()
}

// listener returns the listening socket that a connect to the target reaches, nil
// without one. sees says whether nil means that nothing listens.
func (in *inquiry) listener(t evidence.Target) *evidence.Listener {
	if in.host == nil {
		return nil
	}
	node := in.node(t)
	for i := range in.host.Listeners {
		l := &in.host.Listeners[i]
		if l.Network != t.Network {
			continue
		}
		if t.Network == "tcp" && accepts(l.Address, t.Address) && !(l.V6Only && !strings.HasPrefix(t.Address, "[")) || t.Network == "unix" && boundTo(l, t.Address, node) {
			return l
		}
	}
	return nil
}

// boundTo compares by the file that was bound, since a path can show another name
// in another mount namespace, and a listener can outlive its file.
func boundTo(l *evidence.Listener, path string, node *evidence.PathNode) bool {
	if l.FileInode != 0 && node != nil && node.Inode != 0 {
		return l.FileInode == node.Inode && (l.FileDevice == node.Device || l.FileDevice == 0 || node.Device == 0)
	}
	return l.Address == path
}

// accepts tells whether a listener bound to one address takes connections to another.
func accepts(bound, dialed string) bool {
	host, port, err := net.SplitHostPort(bound)
	to, toPort, err2 := net.SplitHostPort(dialed)
	if err != nil || err2 != nil || port != toPort {
		return false
	}
	ip, dial := net.ParseIP(host), net.ParseIP(to)
	switch {
	case host == to, host == "*":
		return true
	case ip == nil || dial == nil:
		return false
	case !ip.IsUnspecified():
		return ip.Equal(dial)
	}
	return ip.To4() == nil || dial.To4() != nil // [::] takes IPv4 too, unless told otherwise
}

// node returns the last component of a target's path, nil when it was not walked.
func (in *inquiry) node(t evidence.Target) *evidence.PathNode {
	p := in.path(t.Address)
	if p == nil || len(p.Nodes) == 0 {
		return nil
	}
	return &p.Nodes[len(p.Nodes)-1]
}

func (in *inquiry) path(name string) *evidence.Path {
	if in.host == nil {
		return nil
	}
	for i, p := range in.host.Paths {
		if p.Path == name {
			return &in.host.Paths[i]
		}
	}
	return in.pastedPath(name)
}

// probe returns the direct probe of a group's backend: that of the same request, else any.
func (in *inquiry) probe(g *group) *evidence.Probe {
	var any *evidence.Probe
	for i := range in.probes {
		p := &in.probes[i]
		if p.Target != g.target || p.Candidate || p.Exact || p.Upgrade {
			continue
		}
		if _, uri, _ := strings.Cut(p.Request, " "); uri == g.uri {
			return p
		}
		if any == nil {
			any = p
		}
	}
	return any
}

func probed(p *evidence.Probe, outcomes ...string) bool {
	if p == nil {
		return false
	}
	for _, o := range outcomes {
		if p.Outcome == o {
			return true
		}
	}
	return false
}

// round shortens a time for reading.
func round(d time.Duration) time.Duration {
	switch {
	case d > 10*time.Second:
		return d.Round(100 * time.Millisecond)
	case d > time.Second:
		return d.Round(10 * time.Millisecond)
	case d > time.Millisecond:
		return d.Round(time.Millisecond)
	}
	return d.Round(time.Microsecond)
}

package diagnoser

import (
	"cmp"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// candidates are listeners that could be the backend which the proxy misses at the
// configured place: no configuration names them and they are not the proxy's own.
// The nearest port comes first. Events other than "nothing there" and "something else there" have none,
// but those of a proxy that passes to itself.
func (in *inquiry) candidates(g *group) (found []evidence.Listener) {
	missed := g.Phase == evidence.Connecting && (g.Outcome == evidence.Refused || g.Outcome == evidence.Missing)
	absent := missed && in.listener(g.target) == nil
	if in.host == nil || !absent && g.Signature != "not http" && !in.toItself(g) || !g.known() || g.target.Protocol == "" || !in.local(g.target) {
		return nil
	}
	for _, l := range in.host.Listeners {
		if in.host.Pasted && (foreignPort(portIn(l.Address)) || foreign(g.target.Protocol, l.Process) || l.Process == "") {
			continue // nobody asked it what it is
		}
		if l.Network == g.target.Network && !in.named(l) && !in.ownedByProxy(l) && likeHost(l.Address, g.target) {
			found = append(found, l)
		}
	}
	slices.SortStableFunc(found, func(a, b evidence.Listener) int {
		return cmp.Compare(distance(a.Address, g.target.Address), distance(b.Address, g.target.Address))
	})
	return found[:min(len(found), candidatesMax)]
}

// named tells whether the configuration passes to a listener or listens there itself.
func (in *inquiry) named(l evidence.Listener) bool {
	if l.Network == "unix" && slices.Contains(in.groups.paths, l.Address) {
		return true
	}
	if in.config.ListensOn(l.Address) || slices.Contains(in.config.Listens(), "unix:"+l.Address) {
		return true
	}
	for _, p := range in.config.Passes() {
		if l.Network == "tcp" && p.Network == "tcp" && accepts(l.Address, ipOf(p.Address)) {
			return true
		}
	}
	for _, up := range in.config.Groups() {
		for _, s := range up.Servers {
			if l.Network == "tcp" && s.Network == "tcp" && accepts(l.Address, ipOf(s.Address)) {
				return true
			}
		}
	}
	return false
}

// ipOf reads localhost as the loopback address.
func ipOf(address string) string {
	if port, ok := strings.CutPrefix(address, "localhost:"); ok {
		return "127.0.0.1:" + port
	}
	return address
}

func (in *inquiry) ownedByProxy(l evidence.Listener) bool {
	if l.Process == in.proxy.Kind && l.Process != "" || l.Process == "nginx" || in.proxy.Kind == "apache" && (l.Process == "apache2" || l.Process == "httpd") {
		return true
	}
	for _, p := range in.host.Processes {
		if p.PID == l.PID && strings.HasPrefix(p.Command, "nginx: ") {
			return true
		}
	}
	return false
}

// likeHost tells whether a listener takes connections for the host that is dialed:
// only the port is in question. For unix sockets any will do.
func likeHost(bound string, t evidence.Target) bool {
	if t.Network == "unix" {
		return !strings.HasPrefix(bound, "@")
	}
	_, port, err := net.SplitHostPort(bound)
	host, _, err2 := net.SplitHostPort(t.Address)
	return err == nil && err2 == nil && accepts(bound, net.JoinHostPort(host, port))
}

// distance is how far two ports are apart; for paths, how much of them differs.
func distance(a, b string) int {
	_, pa, err := net.SplitHostPort(a)
	_, pb, err2 := net.SplitHostPort(b)
	if err != nil || err2 != nil {
		n := 0
		for n < min(len(a), len(b)) && a[n] == b[n] {
			n++
		}
		return max(len(a), len(b)) - n
	}
	x, _ := strconv.Atoi(pa)
	y, _ := strconv.Atoi(pb)
	return max(x-y, y-x)
}

// answer is what a candidate said when asked what the proxy asks.
type answer struct {
	evidence.Listener
	probe *evidence.Probe // nil when it was not asked
}

// sure tells that it gave the requested resource in the right protocol.
func (a answer) sure() bool {
	return a.probe != nil && a.probe.Outcome == evidence.OK && a.probe.Status < 400
}

// open tells that it may be the backend for all that is known: not asked, or it
// speaks the protocol and knows no such resource. One that asks for credentials
// is another service, since the probe asked what the proxy's clients ask.
func (a answer) open() bool {
	return a.probe == nil || a.probe.Outcome == evidence.OK && (a.probe.Status == 404 || a.probe.Status >= 500)
}

// answers are the candidates with their probes, those that gave the resource first.
func (in *inquiry) answers(g *group) (all []answer) {
	for _, l := range in.candidates(g) {
		a := answer{Listener: l}
		want := evidence.Target{Protocol: g.target.Protocol, Network: l.Network, Address: dialable(l)}
		for i := range in.probes {
			if in.probes[i].Target == want {
				a.probe = &in.probes[i]
			}
		}
		all = append(all, a)
	}
	slices.SortStableFunc(all, func(a, b answer) int { return late(!a.sure()) - late(!b.sure()) })
	return all
}

// describe names a listener for people.
func describe(l evidence.Listener) string {
	s := l.Address
	if l.Process != "" {
		s += " (" + l.Process + ", pid " + strconv.Itoa(l.PID) + ")"
	}
	return s
}

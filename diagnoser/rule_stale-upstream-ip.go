package diagnoser

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/haproxy"
)

var _ = register(rule{
	cause: "stale-upstream-ip",
	doc: Doc{
		What: "The proxy still connects to the address that the backend's name had when the configuration was loaded: a container that was made anew, a load balancer " +
			"or a pod has another one now.",
		Confirm: "getent hosts NAME (or docker inspect) against the address in the log; a reload of the proxy ends it.",
		Mends: "resolver and resolve on the server line (with a shared zone; free since 1.27.3), or a variable in the pass with resolver, so that the name is looked up again; " +
			"a reload wherever the backend is deployed.",
		Hides:  "A reload or restart of the proxy by hand, until the address changes again.",
		Source: "ngx_http_upstream_init_round_robin: names are resolved when the configuration is loaded",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.Signature == haproxy.ARPSilence {
			return &opinion{certainty: Likely, weight: 3, check: "ip neigh; getent hosts NAME", evidence: []Fact{
				fact(fromLog, "each attempt took three seconds: nobody answers ARP at the server's address")}}
		}
		lost := g.Outcome == evidence.Refused || g.Outcome == evidence.TimedOut || g.Errno == 113
		if g.Phase != evidence.Connecting || !lost || !g.tcp() {
			return in.nameOnly(g)
		}
		if o := in.goneAddress(g); o != nil {
			return o
		}
		if !in.blind() {
			return nil
		}
		if g.pass == nil {
			return in.podMoved(g)
		}
		if g.pass.Variable {
			return nil
		}
		target, err := netip.ParseAddrPort(g.target.Address)
		d, name := g.pass.Directive, g.pass.Host
		if s := g.pass.ServerFor(g.target); s != nil {
			d, name = s.Directive, s.Address
		}
		if host := hostOf(name); err != nil || host == "localhost" || netipOf(host).IsValid() {
			return nil
		}
		o := &opinion{certainty: Possible, check: "getent hosts " + hostOf(name), where: in.where(d), evidence: []Fact{
			in.configFact(d, "%s names %s, which is looked up when the configuration is loaded; the log has %s", d.Name, name, target.Addr())}}
		if moving.MatchString(name) && g.Outcome != evidence.Refused {
			o.weight = 3
			o.evidence = append(o.evidence, fact(fromConfig, "%s is a name whose addresses change in operation", hostOf(name)))
		}
		if other, ok := in.movedTo(target.Addr()); ok {
			o.certainty, o.weight = Likely, 4
			o.evidence = append(o.evidence, fact(fromBackend, "the other evidence has %s, and %s nowhere", other, target.Addr()))
		}
		return o
	},
})

// nameOnly judges where the record lost its upstream, and the configuration has one name of a container: an address that does not
// answer ARP is one that it had.
func (in *inquiry) nameOnly(g *group) *opinion {
	name := in.passName(g)
	if !in.blind() || g.known() || g.Phase != evidence.Connecting || g.Errno != 113 || name == "" || strings.Contains(name, ".") {
		return nil
	}
	d := in.passFor(g).Directive
	return &opinion{certainty: Possible, weight: 3, check: "getent hosts " + name, where: in.where(d), evidence: []Fact{
		in.configFact(d, "%s names %s, which is looked up when the configuration is loaded, and nobody has its address any more", d.Name, name)},
		also: []Alternative{{"backend-down", "the container may not be running at all", "docker ps -a"}}}
}

// moving are names of cloud load balancers and of platforms, whose addresses come and go.
var moving = regexp.MustCompile(`(?i)\.(?:elb\.amazonaws\.com|amazonaws\.com|azurewebsites\.net|cloudapp\.azure\.com|cloudfront\.net|herokuapp\.com|herokudns\.com|run\.app|trafficmanager\.net|azurefd\.net|ngrok(?:-free)?\.app|duckdns\.org|ddns\.net|dyndns\.org|no-ip\.org)(?::|$)`)

// podMoved judges without a configuration: commands printed other addresses of the network, and that of the log nowhere.
func (in *inquiry) podMoved(g *group) *opinion {
	lost := netipOf(hostOf(g.target.Address))
	other, ok := in.movedTo(lost)
	if g.Outcome == evidence.Refused || !ok || !lost.IsPrivate() {
		return nil
	}
	return &opinion{certainty: Likely, weight: 2, check: "docker inspect, or kubectl get pods -o wide", evidence: []Fact{
		fact(fromBackend, "the other evidence has %s, and %s nowhere", other, lost)}}
}

func netipOf(host string) netip.Addr {
	a, _ := netip.ParseAddr(host)
	return a
}

var addresses = regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}\b`)

// keepAddresses remembers the addresses that a text names, at most 64 of them.
func (r *Reading) keepAddresses(text []byte) {
	for _, m := range addresses.FindAll(text, -1) {
		if a := netipOf(string(m)); a.IsValid() && len(r.printed) < 64 {
			r.printed = append(r.printed, a)
		}
	}
}

// movedTo finds another address of the same network of 256 in what commands printed;
// ok is false where the lost one is printed too.
func (in *inquiry) movedTo(lost netip.Addr) (other netip.Addr, ok bool) {
	network, err := lost.Prefix(24)
	for _, a := range in.printed {
		if a == lost {
			return other, false
		}
		if err == nil && network.Contains(a) && !(a.Is4() && gateway(a)) {
			other, ok = a, true
		}
	}
	return other, ok
}

// goneAddress judges by what names resolve to now, and by the time that a connect took: an
// address to which nobody answers ARP fails with errno 113 after three seconds, a filter's answer at once.
func (in *inquiry) goneAddress(g *group) *opinion {
	lost := hostOf(g.target.Address)
	if name := in.passName(g); name != "" {
		for _, n := range in.told().Names {
			if n.Name == name && len(n.Addresses) > 0 && !slices.Contains(n.Addresses, lost) {
				return &opinion{certainty: in.proof(), weight: 6, check: "getent hosts " + name, where: in.where(in.passFor(g).Directive), evidence: []Fact{
					fact(fromProcess, "%s is %s now, and the proxy asks %s, which it was when the configuration was read", name, strings.Join(n.Addresses, ", "), lost)}}
			}
		}
	}
	if g.Errno == 113 && in.arpTimes[g.target.Address] {
		return &opinion{certainty: Likely, weight: 3, check: "ip neigh show " + lost, evidence: []Fact{
			fact(fromLog, "the attempt took three seconds: nobody answers ARP at %s, the address is nobody's any more", lost)}}
	}
	return nil
}

// keepARP remembers an address at which an attempt failed after as long as ARP is tried: three seconds.
func (r *Reading) keepARP(a evidence.Attempt) {
	if a.Status != 502 || a.Response < 2500*time.Millisecond || a.Response > 3500*time.Millisecond || len(r.arpTimes) >= 64 {
		return
	}
	if r.arpTimes == nil {
		r.arpTimes = map[string]bool{}
	}
	r.arpTimes[a.Address] = true
}

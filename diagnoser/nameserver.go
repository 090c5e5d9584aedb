package diagnoser

import (
	"net"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// receives tells whether anything takes UDP at an address, which is "127.0.0.1:53"; known is false
// where the host's sockets were not seen, or the address is not this host's.
func (in *inquiry) receives(address string) (receives, known bool) {
	if in.blind() || !loopback(address) {
		return false, false
	}
	return slices.ContainsFunc(in.host.Listeners, func(l evidence.Listener) bool {
		return l.Network == "udp" && accepts(l.Address, address)
	}), true
}

// nameserver is the first name server of resolv.conf(5) at which somebody may answer, as the
// resolver directive is to name it; empty without one. Those in except are no choice.
func (in *inquiry) nameserver(except ...string) string {
	for _, server := range in.told().Nameservers {
		address := net.JoinHostPort(server, "53")
		if receives, known := in.receives(address); known && !receives || slices.Contains(except, address) {
			continue
		}
		if strings.Contains(server, ":") {
			server = "[" + server + "]"
		}
		return server
	}
	return ""
}

// resolverAddress is the address that a resolver directive names first, with its port.
func resolverAddress(d *nginx.Directive) string {
	address := d.Arg(0)
	if _, _, err := net.SplitHostPort(address); err != nil {
		address = net.JoinHostPort(strings.Trim(address, "[]"), "53")
	}
	return address
}

// variable finds the set directive whose whole value is a name that a pass looks up at run time.
func (in *inquiry) variable(name string) (found *nginx.Directive) {
	in.config.Walk(func(d *nginx.Directive) {
		if d.Name == "set" && len(d.Args) == 2 && d.Arg(1) == name {
			found = d
		}
	})
	return found
}

// almost finds the one name that differs from another by so little that it may be meant: a letter more,
// less, other, or two exchanged, of names with at least five.
func almost(name string, names []evidence.Name) string {
	found := ""
	for _, n := range names {
		if len(name) < 5 || n.Name == name || !oneSlip(name, n.Name) {
			continue
		}
		if found != "" && found != n.Name {
			return ""
		}
		found = n.Name
	}
	return found
}

// oneSlip tells whether one keystroke makes one word of the other.
func oneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch len(b) - len(a) {
	case 0:
		if i == len(a) {
			return false
		}
		return a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
	case 1:
		return a[i:] == b[i+1:]
	}
	return false
}

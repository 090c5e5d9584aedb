package host

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// routeErrors are the errors with which the kernel answers a look-up, and connect(2)
// with it, for each kind of route that carries nothing (fib_props in fib_semantics.c,
// ip6_rt_type_to_error in route.c).
var routeErrors = []struct {
	kind  string
	typ   int
	errno unix.Errno
}{
	{"prohibit", unix.RTN_PROHIBIT, unix.EACCES},
	{"unreachable", unix.RTN_UNREACHABLE, unix.EHOSTUNREACH},
	{"blackhole", unix.RTN_BLACKHOLE, unix.EINVAL},
	{"none", unix.RTN_UNSPEC, unix.ENETUNREACH},
}

func (c *collector) routes() {
	for _, address := range c.question.Addresses {
		r, err := route(address)
		if err != nil {
			c.unread("route to "+address, err, "")
			continue
		}
		c.host.Routes = append(c.host.Routes, r)
	}
}

// route asks the kernel for the way to an address, as `ip route get` does.
func route(address string) (evidence.Route, error) {
	out := evidence.Route{Destination: address}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = strings.Trim(address, "[]")
	}
	ip := net.ParseIP(host)
	if ip == nil {
		return out, fmt.Errorf("%q is a name, and names are not resolved here", host)
	}
	found, err := netlink.RouteGetWithOptions(ip, &netlink.RouteGetOptions{FIBMatch: true})
	var errno unix.Errno
	switch {
	case err == nil && len(found) > 0:
		fill(&out, found[0])
		return out, nil
	case !errors.As(err, &errno):
		return out, fmt.Errorf("look up route: %w", err)
	}
	for _, e := range routeErrors {
		if e.errno == errno {
			out.Kind, out.Errno, out.Rule = e.kind, int(errno), nearest(ip, e.typ)
			return out, nil
		}
	}
	return out, fmt.Errorf("look up route: %w", err)
}

// fill describes the matching route. IPv6 answers with a route of an error's kind
// where IPv4 answers with the error.
func fill(out *evidence.Route, r netlink.Route) {
	out.Kind, out.Rule = "unicast", routeText(r)
	if r.Type == unix.RTN_LOCAL {
		out.Kind = "local"
	}
	for _, e := range routeErrors[:3] {
		if e.typ == r.Type {
			out.Kind, out.Errno = e.kind, int(e.errno)
		}
	}
}

// nearest finds the longest route of one kind, in any table, that covers an address.
// It is empty where a policy rule or the lack of any route gave the answer.
func nearest(ip net.IP, typ int) string {
	if typ == unix.RTN_UNSPEC {
		return ""
	}
	family := netlink.FAMILY_V6
	if ip.To4() != nil {
		family = netlink.FAMILY_V4
	}
	filter := &netlink.Route{Table: unix.RT_TABLE_UNSPEC, Type: typ}
	all, err := netlink.RouteListFiltered(family, filter, netlink.RT_FILTER_TABLE|netlink.RT_FILTER_TYPE)
	if err != nil {
		return ""
	}
	text, longest := "", -1
	for _, r := range all {
		if r.Dst == nil || !r.Dst.Contains(ip) {
			continue
		}
		if bits, _ := r.Dst.Mask.Size(); bits > longest {
			text, longest = routeText(r), bits
		}
	}
	return text
}

// routeText prints a route as `ip route show table all` does, without the fields that
// say where it came from.
func routeText(r netlink.Route) string {
	var b strings.Builder
	for _, e := range routeErrors[:3] {
		if e.typ == r.Type {
			b.WriteString(e.kind + " ")
		}
	}
	if r.Type == unix.RTN_LOCAL {
		b.WriteString("local ")
	}
	b.WriteString(destination(r.Dst))
	if r.Gw != nil {
		b.WriteString(" via " + r.Gw.String())
	}
	if link, err := netlink.LinkByIndex(r.LinkIndex); r.LinkIndex != 0 && err == nil {
		b.WriteString(" dev " + link.Attrs().Name)
	}
	switch {
	case r.Table == unix.RT_TABLE_MAIN || r.Table == unix.RT_TABLE_UNSPEC || r.Type == unix.RTN_LOCAL:
	case r.Table == unix.RT_TABLE_LOCAL:
		b.WriteString(" table local")
	default:
		fmt.Fprintf(&b, " table %d", r.Table)
	}
	if r.Src != nil {
		b.WriteString(" src " + r.Src.String())
	}
	if r.Priority != 0 {
		fmt.Fprintf(&b, " metric %d", r.Priority)
	}
	return b.String()
}

func destination(dst *net.IPNet) string {
	if dst == nil {
		return "default"
	}
	ones, bits := dst.Mask.Size()
	switch ones {
	case 0:
		return "default"
	case bits:
		return dst.IP.String()
	}
	return dst.String()
}

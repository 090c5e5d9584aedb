package kernel

import (
	"errors"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

var routeKinds = map[string]int{
	"prohibit": unix.RTN_PROHIBIT, "unreachable": unix.RTN_UNREACHABLE, "blackhole": unix.RTN_BLACKHOLE,
}

// addRoute adds a route of a kind that carries nothing. The table "local" is looked up
// before all others, so an address of the namespace itself can only be shut off there.
func addRoute(r Route) (undo func() error, err error) {
	to, err := prefix(r.To)
	if err != nil {
		return nil, err
	}
	dst := &net.IPNet{IP: to.Addr().AsSlice(), Mask: net.CIDRMask(to.Bits(), to.Addr().BitLen())}
	route := &netlink.Route{Dst: dst, Type: routeKinds[r.Kind], Table: tableOf(dst.IP)}
	if route.Table == unix.RT_TABLE_LOCAL && to.Addr().Is6() {
		return nil, fmt.Errorf("route: to: %s is local; IPv6 keeps its local routes before any added one", to)
	}
	// Without NLM_F_APPEND the route is put before others of the same destination, such
	// as the local one of the address itself.
	if err := netlink.RouteAddEcmp(route); err != nil {
		return nil, fmt.Errorf("add route %s %s: %w", r.Kind, to, permission(err))
	}
	return func() error {
		if err := netlink.RouteDel(route); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("delete route %s %s: %w", r.Kind, to, permission(err))
		}
		return nil
	}, nil
}

// ErrNoRoute tells that the route to be removed is not there.
var ErrNoRoute = errors.New("no such route")

// RemoveRoute deletes the route of a kind to a destination, an address or a network in CIDR form, from
// whichever table it stands in, as "ip route del KIND DESTINATION" does from main. The error is an ErrNoRoute
// when there is none, for instance when a route of another kind leads there.
func RemoveRoute(kind, to string) error {
	what := fmt.Sprintf("remove route %s %s", kind, to)
	if err := oneOf(what, kind, routeKinds); err != nil {
		return err
	}
	dst, err := prefix(to)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	family := netlink.FAMILY_V4
	if dst.Addr().Is6() {
		family = netlink.FAMILY_V6
	}
	filter := &netlink.Route{Type: routeKinds[kind], Table: unix.RT_TABLE_UNSPEC}
	found, err := netlink.RouteListFiltered(family, filter, netlink.RT_FILTER_TYPE|netlink.RT_FILTER_TABLE)
	if err != nil {
		return fmt.Errorf("%s: list routes: %w", what, permission(err))
	}
	for _, r := range found {
		if r.Dst == nil || r.Dst.String() != dst.String() {
			continue
		}
		if err := netlink.RouteDel(&r); err != nil {
			return fmt.Errorf("%s: %w", what, permission(err))
		}
		return nil
	}
	return fmt.Errorf("%s: %w", what, ErrNoRoute)
}

func tableOf(ip net.IP) int {
	found, err := netlink.RouteGetWithOptions(ip, &netlink.RouteGetOptions{FIBMatch: true})
	if err == nil && len(found) > 0 && found[0].Type == unix.RTN_LOCAL {
		return unix.RT_TABLE_LOCAL
	}
	return unix.RT_TABLE_MAIN
}

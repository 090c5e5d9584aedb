package kernel

import (
	"fmt"
	"slices"

	"github.com/google/nftables"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// State lists all of the namespace that a fault can change, sorted: the addresses of the loopback interface, the
// routes that carry nothing, and the tables of packet filters.
func State() (list []string, err error) {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", permission(err))
	}
	addresses, err := netlink.AddrList(lo, netlink.FAMILY_ALL)
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", permission(err))
	}
	for _, a := range addresses {
		list = append(list, "address "+a.IPNet.String())
	}
	routes, err := deadRoutes()
	if err != nil {
		return nil, fmt.Errorf("list routes: %w", permission(err))
	}
	list = append(list, routes...)
	conn, err := nftables.New()
	if err != nil {
		return nil, fmt.Errorf("open nftables: %w", err)
	}
	tables, err := conn.ListTables()
	if err != nil {
		return nil, fmt.Errorf("list nftables tables: %w", permission(err))
	}
	for _, t := range tables {
		list = append(list, "packet filter "+t.Name)
	}
	slices.Sort(list)
	return list, nil
}

// deadRoutes are those of the kinds that a Route makes.
func deadRoutes() (list []string, err error) {
	for kind, number := range routeKinds {
		filter := &netlink.Route{Type: number, Table: unix.RT_TABLE_UNSPEC}
		for _, family := range []int{netlink.FAMILY_V4, netlink.FAMILY_V6} {
			found, err := netlink.RouteListFiltered(family, filter, netlink.RT_FILTER_TYPE|netlink.RT_FILTER_TABLE)
			if err != nil {
				return nil, err
			}
			for _, r := range found {
				list = append(list, fmt.Sprintf("%s route %v", kind, r.Dst))
			}
		}
	}
	return list, nil
}

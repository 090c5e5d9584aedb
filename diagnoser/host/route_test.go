package host

import (
	"net"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/host/sandbox"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

func addRoute(t *testing.T, to string, kind, table int) {
	t.Helper()
	_, dst, err := net.ParseCIDR(to)
	must(t, err)
	r := &netlink.Route{Dst: dst, Type: kind, Table: table}
	must(t, netlink.RouteAddEcmp(r))
	t.Cleanup(func() { must(t, netlink.RouteDel(r)) })
}

// The namespace has loopback only, and nothing is sent: the kernel is asked for its way.
func TestRouteKinds(t *testing.T) {
	sandbox.Need(t)
	addRoute(t, "127.0.0.9/32", unix.RTN_PROHIBIT, unix.RT_TABLE_LOCAL)
	addRoute(t, "127.0.9.0/24", unix.RTN_BLACKHOLE, unix.RT_TABLE_LOCAL)
	addRoute(t, "192.0.2.0/24", unix.RTN_UNREACHABLE, unix.RT_TABLE_MAIN)
	addRoute(t, "2001:db8::/32", unix.RTN_PROHIBIT, unix.RT_TABLE_MAIN)
	lo, err := netlink.LinkByName("lo")
	must(t, err)
	_, dst, _ := net.ParseCIDR("198.51.100.0/24")
	must(t, netlink.RouteAdd(&netlink.Route{Dst: dst, LinkIndex: lo.Attrs().Index}))
	for _, want := range []evidence.Route{
		{Destination: "127.0.0.1:9000", Kind: "local", Rule: "local 127.0.0.1 dev lo src 127.0.0.1"},
		{Destination: "[::1]:80", Kind: "local", Rule: "local ::1 dev lo"},
		{Destination: "127.0.0.9:80", Kind: "prohibit", Errno: 13, Rule: "prohibit 127.0.0.9 table local"},
		{Destination: "127.0.9.7", Kind: "blackhole", Errno: 22, Rule: "blackhole 127.0.9.0/24 table local"},
		{Destination: "192.0.2.1:80", Kind: "unreachable", Errno: 113, Rule: "unreachable 192.0.2.0/24"},
		{Destination: "[2001:db8::1]:80", Kind: "prohibit", Errno: 13},
		{Destination: "198.51.100.1:80", Kind: "unicast", Rule: "198.51.100.0/24 dev lo"},
		{Destination: "203.0.113.1:80", Kind: "none", Errno: 101},
		{Destination: "[2001:dead::1]:80", Kind: "none", Errno: 101},
	} {
		got, err := route(want.Destination)
		if err != nil {
			t.Errorf("%s: %v", want.Destination, err)
		}
		if want.Rule == "" && got.Kind == want.Kind {
			want.Rule = got.Rule
		}
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func TestRouteToANameIsUnread(t *testing.T) {
	h := collect(t, evidence.HostQuestion{Addresses: []string{"app:9000"}})
	wantUnread(t, h, "route to app:9000", "names are not resolved")
}

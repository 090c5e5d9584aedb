// Package kernel makes faults of the kernel in the network namespace of the calling
// thread: packets dropped or rejected, destinations made unreachable. It speaks netlink,
// so neither nft nor ip need be installed, and needs CAP_NET_ADMIN.
package kernel

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Fault is one fault of the kernel; exactly one field is set.
type Fault struct {
	Drop   *Drop   `yaml:"drop,omitempty" json:"drop,omitempty"`
	Reject *Reject `yaml:"reject,omitempty" json:"reject,omitempty"`
	Route  *Route  `yaml:"route,omitempty" json:"route,omitempty"`
}

// Drop loses new connections to a TCP port: the proxy's connect timeout ends them.
//
//	upstream timed out (110: Connection timed out) while connecting to upstream
type Drop struct {
	Port uint16 `yaml:"port" json:"port"`
}

// Reject refuses new connections to a TCP port, as a firewall does. On IPv6 loopback an
// ICMP answer to the first SYN comes while connect(2) still holds the socket and is only
// remembered; connect fails when the second SYN is answered, after 1 s.
type Reject struct {
	Port uint16 `yaml:"port" json:"port"`
	// With is the answer: "tcp-reset" or "port-unreachable" (connect fails with 111),
	// "host-prohibited" (113, IPv4 only) or "admin-prohibited" (IPv4 113, IPv6 13).
	With string `yaml:"with" json:"with"`
}

// Route makes a destination unreachable.
//
//	prohibit     connect() to 127.0.0.9:9000 failed (13: Permission denied)
//	unreachable  connect() to 127.0.0.9:9000 failed (113: No route to host)
//	blackhole    connect() to 127.0.0.9:9000 failed (22: Invalid argument)
type Route struct {
	To   string `yaml:"to" json:"to"` // an address, or a network in CIDR form
	Kind string `yaml:"kind" json:"kind"`
}

// Validate says what is wrong with a fault.
func (f Fault) Validate() error {
	set := 0
	var err error
	if f.Drop != nil {
		set++
		err = errors.Join(err, checkPort("drop", f.Drop.Port))
	}
	if f.Reject != nil {
		set++
		err = errors.Join(err, checkPort("reject", f.Reject.Port), oneOf("reject: with", f.Reject.With, rejections))
	}
	if f.Route != nil {
		set++
		_, prefixErr := prefix(f.Route.To)
		err = errors.Join(err, prefixErr, oneOf("route: kind", f.Route.Kind, routeKinds))
	}
	if set != 1 {
		return fmt.Errorf("kernel fault: want exactly one of drop, reject and route, got %d", set)
	}
	return err
}

func checkPort(name string, port uint16) error {
	if port == 0 {
		return fmt.Errorf("%s: port is missing", name)
	}
	return nil
}

func oneOf[V any](name, got string, known map[string]V) error {
	if _, ok := known[got]; ok {
		return nil
	}
	var names []string
	for n := range known {
		names = append(names, n)
	}
	slices.Sort(names)
	return fmt.Errorf("%s: unknown %q; known are %s", name, got, strings.Join(names, ", "))
}

func prefix(to string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(to); err == nil {
		return p.Masked(), nil
	}
	a, err := netip.ParseAddr(to)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("route: to: %q is neither an address nor a network", to)
	}
	return netip.PrefixFrom(a, a.BitLen()), nil
}

// Apply makes the fault and returns what takes it back. Undo removes only what Apply
// added, and finds it no error if a remedy has removed that before.
func Apply(ctx context.Context, f Fault) (undo func() error, err error) {
	if err := errors.Join(ctx.Err(), f.Validate()); err != nil {
		return nil, err
	}
	switch {
	case f.Drop != nil:
		undo, err = addRule(dropRule(f.Drop.Port))
	case f.Reject != nil:
		undo, err = addRule(rejectRule(f.Reject.Port, f.Reject.With))
	default:
		undo, err = addRoute(*f.Route)
	}
	if err != nil {
		return nil, fmt.Errorf("apply kernel fault: %w", err)
	}
	return undo, nil
}

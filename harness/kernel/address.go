package kernel

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// AddAddress gives the loopback interface one more address, so that the namespace has an address of its own
// that is not a loopback one. Undo takes it away; it is no error when it is gone already.
func AddAddress(text string) (undo func() error, err error) {
	what := "add address " + text
	a, err := netip.ParseAddr(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, permission(err))
	}
	addr, err := netlink.ParseAddr(netip.PrefixFrom(a, a.BitLen()).String())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if err := netlink.AddrAdd(lo, addr); err != nil {
		return nil, fmt.Errorf("%s: %w", what, permission(err))
	}
	return func() error {
		if err := netlink.AddrDel(lo, addr); err != nil && !errors.Is(err, unix.EADDRNOTAVAIL) {
			return fmt.Errorf("delete address %s: %w", text, permission(err))
		}
		return nil
	}, nil
}

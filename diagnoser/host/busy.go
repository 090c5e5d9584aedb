package host

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// States of TCP, include/net/tcp_states.h.
const (
	stateTimeWait = 6
	statesAll     = 1<<12 - 1
	statesNoPeer  = 1<<stateClose | 1<<stateListen // sockets without a connection
)

// busy counts the connections to the addresses that were asked for.
func (c *collector) busy() {
	for _, address := range c.question.Busy {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			continue // a name: the log has addresses
		}
		found, err := connections(to)
		if err != nil {
			c.unread("tcp connections", err, "CAP_NET_ADMIN")
			return
		}
		c.host.Busy = append(c.host.Busy, found)
	}
}

// connections counts those of the calling thread's network namespace to one address.
func connections(to netip.AddrPort) (evidence.Busy, error) {
	found := evidence.Busy{Address: to.String()}
	family := uint8(unix.AF_INET)
	if to.Addr().Is6() {
		family = unix.AF_INET6
	}
	request := diagRequest(family, unix.IPPROTO_TCP, 0)
	native.PutUint32(request[4:], statesAll&^statesNoPeer)
	req := nl.NewNetlinkRequest(nl.SOCK_DIAG_BY_FAMILY, unix.NLM_F_DUMP)
	req.AddRawData(request)
	messages, err := req.Execute(unix.NETLINK_SOCK_DIAG, nl.SOCK_DIAG_BY_FAMILY)
	if err != nil {
		return found, fmt.Errorf("sock_diag: %w", err)
	}
	for _, m := range messages {
		if len(m) < inetMessageSize || peerOf(m) != to {
			continue
		}
		if m[1] == stateTimeWait {
			found.TimeWait++
		} else {
			found.Open++
		}
	}
	return found, nil
}

// peerOf is the destination in an inet_diag_msg: its port behind the own one, its address behind 16 bytes of the own one.
func peerOf(m []byte) netip.AddrPort {
	size := 4
	if m[0] == unix.AF_INET6 {
		size = 16
	}
	addr, _ := netip.AddrFromSlice(m[24 : 24+size])
	return netip.AddrPortFrom(addr, binary.BigEndian.Uint16(m[6:]))
}

package host

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// States and attributes of sock_diag(7); the library's own requests ask for sockets of
// every state and drop a unix socket's file, so the two requests are made here.
const (
	stateListen = 10 // TCP_LISTEN, of unix sockets too
	stateClose  = 7  // TCP_CLOSE, of a UDP socket that is not connected

	showName  = 1 << 0 // UDIAG_SHOW_NAME
	showVFS   = 1 << 1 // UDIAG_SHOW_VFS
	showQueue = 1 << 4 // UDIAG_SHOW_RQLEN

	unixDiagName  = 0
	unixDiagVFS   = 1
	unixDiagQueue = 4

	inetRequestSize, inetMessageSize = 56, 72
	unixRequestSize, unixMessageSize = 24, 16
)

var native = binary.NativeEndian

func (c *collector) listeners() {
	c.holders = c.socketHolders()
	c.dumpAll()
	c.receivers()
	c.busy()
}

func (c *collector) dumpAll() {
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		c.dump("tcp listeners", inetRequest(family), parseInet)
	}
	c.dump("unix listeners", unixRequest(), parseUnix)
}

// receivers are UDP sockets that no peer is set for: where a name server would answer.
func (c *collector) receivers() {
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		c.dump("udp sockets", diagRequest(family, unix.IPPROTO_UDP, stateClose), func(b []byte) (evidence.Listener, error) {
			l, err := parseInet(b)
			l.Network, l.Queue, l.Backlog = "udp", 0, 0
			return l, err
		})
	}
}

// dump sends one request of SOCK_DIAG_BY_FAMILY and adds each listener of the answer.
func (c *collector) dump(source string, request []byte, parse func([]byte) (evidence.Listener, error)) {
	req := nl.NewNetlinkRequest(nl.SOCK_DIAG_BY_FAMILY, unix.NLM_F_DUMP)
	req.AddRawData(request)
	messages, err := req.Execute(unix.NETLINK_SOCK_DIAG, nl.SOCK_DIAG_BY_FAMILY)
	if err != nil {
		c.unread(source, fmt.Errorf("sock_diag: %w", err), "CAP_NET_ADMIN")
	}
	for _, m := range messages {
		l, err := parse(m)
		if err != nil {
			c.unread(source, err, "")
			return
		}
		c.addListener(l)
	}
}

// Listens reports whether a socket of the calling thread's network namespace listens at an
// address: "tcp" and "127.0.0.1:9000", a wildcard listener counts; or "unix" and the path given to bind(2).
func Listens(network, address string) (bool, error) {
	c := &collector{host: &evidence.Host{}}
	c.dumpAll()
	_, port, _ := net.SplitHostPort(address)
	wild := []string{net.JoinHostPort("0.0.0.0", port), net.JoinHostPort("::", port)}
	for _, l := range c.host.Listeners {
		if l.Network == network && (l.Address == address || network == "tcp" && slices.Contains(wild, l.Address)) {
			return true, nil
		}
	}
	for _, u := range c.host.Unread {
		return false, fmt.Errorf("%s: %s", u.Source, u.Why)
	}
	return false, nil
}

func inetRequest(family uint8) []byte { return diagRequest(family, unix.IPPROTO_TCP, stateListen) }

func diagRequest(family, protocol uint8, state int) []byte {
	b := make([]byte, inetRequestSize)
	b[0], b[1] = family, protocol
	native.PutUint32(b[4:], 1<<state)
	return b
}

func unixRequest() []byte {
	b := make([]byte, unixRequestSize)
	b[0] = unix.AF_UNIX
	native.PutUint32(b[4:], 1<<stateListen)
	native.PutUint32(b[12:], showName|showVFS|showQueue)
	return b
}

// parseInet reads an inet_diag_msg. Of a listening socket idiag_rqueue is the accept
// queue and idiag_wqueue its limit (linux/net/ipv4/tcp_diag.c).
func parseInet(b []byte) (evidence.Listener, error) {
	if len(b) < inetMessageSize {
		return evidence.Listener{}, fmt.Errorf("sock_diag: inet message of %d bytes", len(b))
	}
	port := binary.BigEndian.Uint16(b[4:])
	size := 4
	if b[0] == unix.AF_INET6 {
		size = 16
	}
	addr, _ := netip.AddrFromSlice(b[8 : 8+size])
	return evidence.Listener{
		Network: "tcp",
		Address: netip.AddrPortFrom(addr, port).String(),
		Queue:   native.Uint32(b[56:]),
		Backlog: native.Uint32(b[60:]),
		Inode:   uint64(native.Uint32(b[68:])),
	}, nil
}

// parseUnix reads a unix_diag_msg and its attributes.
func parseUnix(b []byte) (evidence.Listener, error) {
	if len(b) < unixMessageSize {
		return evidence.Listener{}, fmt.Errorf("sock_diag: unix message of %d bytes", len(b))
	}
	l := evidence.Listener{Network: "unix", Inode: uint64(native.Uint32(b[4:]))}
	attrs, err := nl.ParseRouteAttr(b[unixMessageSize:])
	if err != nil {
		return l, fmt.Errorf("sock_diag: unix attributes: %w", err)
	}
	for _, a := range attrs {
		setUnix(&l, a)
	}
	return l, nil
}

func setUnix(l *evidence.Listener, a syscall.NetlinkRouteAttr) {
	switch {
	case a.Attr.Type == unixDiagName:
		l.Address = socketName(a.Value)
	case a.Attr.Type == unixDiagVFS && len(a.Value) >= 8:
		l.FileInode = uint64(native.Uint32(a.Value))
		l.FileDevice = device(native.Uint32(a.Value[4:]))
	case a.Attr.Type == unixDiagQueue && len(a.Value) >= 8:
		l.Queue = native.Uint32(a.Value)
		l.Backlog = native.Uint32(a.Value[4:])
	}
}

// socketName prints an abstract name, which begins with a zero byte, with "@" as ss does.
func socketName(b []byte) string {
	if len(b) > 0 && b[0] == 0 {
		return "@" + string(b[1:])
	}
	return strings.TrimRight(string(b), "\x00")
}

// device turns the kernel's own dev_t, 12 bits of major and 20 of minor, which
// unix_diag shows as it is, into the form of stat(2).
func device(kernel uint32) uint64 {
	return unix.Mkdev(kernel>>20, kernel&0xfffff)
}

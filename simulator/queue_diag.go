package simulator

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Queue is an accept queue as the kernel counts it. Depth can exceed Limit by
// one: the kernel refuses a connection only when the queue is longer than its limit (sk_acceptq_is_full).
type Queue struct {
	Depth int `json:"depth"`
	Limit int `json:"limit"`
}

// full tells whether the kernel lets nobody in any more.
func (q Queue) full() bool { return q.Depth > q.Limit }

// queueOf asks the kernel for a listener's queue.
func queueOf(l net.Listener) (q Queue, err error) {
	err = control(l, func(fd int) (err error) {
		if _, ok := l.(*net.TCPListener); ok {
			q, err = tcpQueue(fd)
		} else {
			q, err = unixQueue(fd)
		}
		return err
	})
	return q, err
}

// control runs f with a listener's descriptor.
func control(l net.Listener, f func(fd int) error) error {
	raw, err := l.(syscall.Conn).SyscallConn()
	if err != nil {
		return err
	}
	if controlErr := raw.Control(func(fd uintptr) { err = f(int(fd)) }); controlErr != nil {
		return controlErr
	}
	return err
}

// tcpQueue reads TCP_INFO, which for a listening socket gives the depth as
// unacked and the limit as sacked (tcp_get_info of the kernel).
func tcpQueue(fd int) (Queue, error) {
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return Queue{}, fmt.Errorf("ask for the accept queue: %w", err)
	}
	return Queue{int(info.Unacked), int(info.Sacked)}, nil
}

// unixQueue asks SOCK_DIAG, whose answer for a listening unix socket gives
// depth and limit as the lengths of its two queues (sk_diag_show_rqlen of the kernel).
func unixQueue(fd int) (q Queue, err error) {
	ino, err := inodeOf(fd)
	if err != nil {
		return q, err
	}
	err = diag(unixDiagRequest(ino, udiagShowLengths), 0, q.fromUnix)
	return q, err
}

func (q *Queue) fromUnix(msg []byte) {
	if depth, limit, ok := unixLengths(msg); ok {
		*q = Queue{int(depth), int(limit)}
	}
}

func inodeOf(fd int) (uint32, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return 0, fmt.Errorf("ask for a socket's inode: %w", err)
	}
	return uint32(st.Ino), nil
}

// unixDiagRequest is struct unix_diag_req of linux/unix_diag.h for one socket.
func unixDiagRequest(ino, show uint32) []byte {
	b := []byte{unix.AF_UNIX, 0, 0, 0}
	for _, v := range []uint32{^uint32(0), ino, show, ^uint32(0), ^uint32(0)} {
		b = binary.NativeEndian.AppendUint32(b, v)
	}
	return b
}

// What linux/unix_diag.h calls UDIAG_SHOW_ICONS, UDIAG_SHOW_RQLEN, UNIX_DIAG_ICONS and UNIX_DIAG_RQLEN.
const (
	udiagShowPending = 0x08
	udiagShowLengths = 0x10
	unixDiagPending  = 3
	unixDiagLengths  = 4
)

// sizes of struct unix_diag_msg and struct inet_diag_msg, which attributes follow.
const (
	unixDiagMessage = 16
	inetDiagMessage = 72
)

// unixAttribute finds an attribute (struct rtattr) of an answer about a unix socket.
func unixAttribute(msg []byte, kind uint16) []byte {
	for b := msg[min(len(msg), unixDiagMessage):]; len(b) >= unix.SizeofRtAttr; {
		n := int(binary.NativeEndian.Uint16(b))
		if n < unix.SizeofRtAttr || n > len(b) {
			return nil
		}
		if binary.NativeEndian.Uint16(b[2:]) == kind {
			return b[unix.SizeofRtAttr:n]
		}
		b = b[min((n+3)&^3, len(b)):]
	}
	return nil
}

func unixLengths(msg []byte) (in, out uint32, ok bool) {
	b := unixAttribute(msg, unixDiagLengths)
	if len(b) < 8 {
		return 0, 0, false
	}
	return binary.NativeEndian.Uint32(b), binary.NativeEndian.Uint32(b[4:]), true
}

// diagBuffers hold one datagram of answers, at most 32 KiB (NLMSG_GOODSIZE and what netlink_dump makes of it). They
// are kept because a unix socket's queue is asked for at each accept.
var diagBuffers = sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}

// diag puts a question to SOCK_DIAG (sock_diag(7)) and calls each with the answers.
func diag(question []byte, flags uint16, each func(msg []byte)) error {
	fd, err := openDiag()
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	return ask(fd, question, flags, each)
}

func openDiag() (int, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return -1, fmt.Errorf("ask the kernel for sockets: %w", err)
	}
	return fd, nil
}

func ask(fd int, question []byte, flags uint16, each func(msg []byte)) error {
	head := make([]byte, unix.NLMSG_HDRLEN)
	binary.NativeEndian.PutUint32(head, uint32(len(head)+len(question)))
	binary.NativeEndian.PutUint16(head[4:], unix.SOCK_DIAG_BY_FAMILY)
	binary.NativeEndian.PutUint16(head[6:], unix.NLM_F_REQUEST|flags)
	if err := unix.Sendto(fd, append(head, question...), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("ask the kernel for sockets: %w", err)
	}
	buf := diagBuffers.Get().(*[]byte)
	defer diagBuffers.Put(buf)
	for {
		n, _, err := unix.Recvfrom(fd, *buf, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return fmt.Errorf("ask the kernel for sockets: %w", err)
		}
		if last, err := answers((*buf)[:n], each); last || err != nil || flags&unix.NLM_F_DUMP == 0 {
			return err
		}
	}
}

// answers takes one datagram of netlink messages apart.
func answers(b []byte, each func(msg []byte)) (last bool, err error) {
	list, err := syscall.ParseNetlinkMessage(b)
	if err != nil {
		return false, fmt.Errorf("ask the kernel for sockets: %w", err)
	}
	for _, m := range list {
		switch m.Header.Type {
		case unix.NLMSG_DONE:
			return true, nil
		case unix.NLMSG_ERROR:
			if len(m.Data) >= 4 {
				if errno := int32(binary.NativeEndian.Uint32(m.Data)); errno != 0 {
					return true, fmt.Errorf("ask the kernel for sockets: %w", syscall.Errno(-errno))
				}
			}
			return true, nil
		default:
			each(m.Data)
		}
	}
	return false, nil
}

// requestsQueued counts the connections in a listener's queue of which at least one byte has arrived.
func requestsQueued(l net.Listener) (n int, err error) {
	err = control(l, func(fd int) (err error) {
		if tcp, ok := l.Addr().(*net.TCPAddr); ok {
			n, err = tcpRequestsQueued(fd, tcp)
		} else {
			n, err = unixRequestsQueued(fd)
		}
		return err
	})
	return n, err
}

// tcpRequestsQueued looks at the connections of the listener's address. One that nobody accepted has no
// inode yet; rqueue is what has arrived of it (inet_diag_msg_common_fill, tcp_diag_get_info of the kernel).
func tcpRequestsQueued(fd int, addr *net.TCPAddr) (int, error) {
	family, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil {
		return 0, err
	}
	question := make([]byte, 56) // struct inet_diag_req_v2
	question[0], question[1] = byte(family), unix.IPPROTO_TCP
	binary.NativeEndian.PutUint32(question[4:], 1<<unix.BPF_TCP_ESTABLISHED|1<<unix.BPF_TCP_CLOSE_WAIT)
	binary.BigEndian.PutUint16(question[8:], uint16(addr.Port))
	ip := []byte(addr.IP.To16())
	if family == unix.AF_INET {
		ip = addr.IP.To4()
	}
	n := 0
	err = diag(question, unix.NLM_F_DUMP, func(msg []byte) {
		if len(msg) < inetDiagMessage || !addr.IP.IsUnspecified() && !bytes.Equal(msg[8:8+len(ip)], ip) {
			return
		}
		arrived, inode := binary.NativeEndian.Uint32(msg[56:]), binary.NativeEndian.Uint32(msg[68:])
		if binary.BigEndian.Uint16(msg[4:]) == uint16(addr.Port) && inode == 0 && arrived > 0 {
			n++
		}
	})
	return n, err
}

// unixRequestsQueued looks at the peers of the queued connections: what they have written and nobody has read.
func unixRequestsQueued(fd int) (int, error) {
	ino, err := inodeOf(fd)
	if err != nil {
		return 0, err
	}
	var peers []byte
	if err := diag(unixDiagRequest(ino, udiagShowPending), 0, func(msg []byte) {
		peers = bytes.Clone(unixAttribute(msg, unixDiagPending))
	}); err != nil {
		return 0, err
	}
	n := 0
	for ; len(peers) >= 4; peers = peers[4:] {
		peer := binary.NativeEndian.Uint32(peers)
		if peer == 0 { // its peer has gone
			continue
		}
		err := diag(unixDiagRequest(peer, udiagShowLengths), 0, func(msg []byte) {
			if _, unreadByUs, ok := unixLengths(msg); ok && unreadByUs > 0 {
				n++
			}
		})
		if err != nil && !errors.Is(err, unix.ENOENT) { // it may be gone by now
			return n, err
		}
	}
	return n, nil
}

package simulator

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// receive is read(2) on a kept connection. left is what the kernel still holds then, in bytes, and
// at least 1 at the end of the input (TCP_INQ, tcp_inq_hint of the kernel); it is below 0 where the
// kernel does not say: of unix sockets and before Linux 4.18.
//
// A reset is not in it. Who writes after receive and succeeds knows that none had come.
func (c *conn) receive(fd int, p []byte) (n, left int, err error) {
	if c.srv.traits.unix {
		n, err = now(unix.SYS_READ, fd, p)
		return n, -1, err
	}
	if !c.tellsLeft {
		c.tellsLeft = true
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_INQ, 1)
	}
	return receiveNow(fd, p)
}

// receiveNow is recvmsg(2), now is read(2) or write(2). Go's scheduler is told nothing of them, as
// they do not wait: the socket never blocks. Otherwise the scheduler's watcher wakes up again and
// again where system calls are slow, and moves other work to other threads.
func receiveNow(fd int, p []byte) (n, left int, err error) {
	iov := unix.Iovec{Base: unsafe.SliceData(p)}
	iov.SetLen(len(p))
	var control struct {
		unix.Cmsghdr
		left int32
		_    int32
	}
	msg := unix.Msghdr{Iov: &iov, Control: (*byte)(unsafe.Pointer(&control))}
	msg.SetIovlen(1)
	msg.SetControllen(int(unsafe.Sizeof(control)))
	got, _, errno := syscall.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&msg)), 0)
	if errno != 0 {
		return 0, -1, errno
	}
	left = -1
	if msg.Controllen > 0 && control.Level == unix.IPPROTO_TCP && control.Type == unix.TCP_CM_INQ {
		left = int(control.left)
	}
	return int(got), left, nil
}

func now(call uintptr, fd int, p []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

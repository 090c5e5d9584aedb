package simulator

import (
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
)

type vanish struct{}

// Vanish removes the connection without a word to the peer: no FIN, no RST, as
// when a host loses its power. It needs TCP and the capability NET_ADMIN.
//
// nginx: "upstream timed out (110: Connection timed out) while reading response header from upstream".
func Vanish() Step { return vanish{} }

var _ = registerStep("vanish", "vanish", "removes the connection without FIN or RST (TCP, NET_ADMIN); nginx: upstream timed out", word(Vanish()))

func (vanish) compile(b *builder) error {
	if b.unix {
		return errors.New("vanish: the kernel ends both sides of a unix socket together")
	}
	if err := canRepair(); err != nil {
		return fmt.Errorf("vanish: switch TCP to repair mode, which needs the capability NET_ADMIN: %w", err)
	}
	b.endSocket("vanish", (*conn).vanish)
	return nil
}

// canRepair tries on a socket of its own what vanish will do.
var canRepair = sync.OnceValue(func() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_REPAIR, 1)
})

// vanish closes in repair mode: the kernel then sends nothing (tcp_close of the kernel; used by CRIU).
func (c *conn) vanish() error {
	var failure error
	_ = c.raw.Control(func(fd uintptr) {
		failure = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_REPAIR, 1)
	})
	if failure != nil {
		c.failed("vanish: %v", failure)
		c.finish(ByLocal, c.endNow(), "")
		return errDone
	}
	c.finish(ByLocal, EndVanish, "")
	return errDone
}

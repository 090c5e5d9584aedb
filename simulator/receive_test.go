package simulator

import (
	"net"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The kernel tells with a read what is left; the end of the input counts, and a unix socket tells
// nothing.
func TestReceiveTellsWhatIsLeft(t *testing.T) {
	for _, tt := range []struct {
		network, sent string
		end           bool
		left          int
	}{
		{"tcp", "four", false, 0}, {"tcp", "four and five", false, 9}, {"tcp", "four", true, 1},
		{"unix", "four", false, -1},
	} {
		at := map[string]string{"tcp": "127.0.0.1:0", "unix": t.TempDir() + "/app.sock"}[tt.network]
		l, err := net.Listen(tt.network, at)
		if err != nil {
			t.Fatal(err)
		}
		client, err := net.Dial(tt.network, l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		nc, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = client.Write([]byte(tt.sent))
		if tt.end {
			_ = client.(writeCloser).CloseWrite()
		}
		c := &conn{srv: &Server{traits: traits{unix: tt.network == "unix"}}, net: nc}
		if c.raw, err = nc.(syscall.Conn).SyscallConn(); err != nil {
			t.Fatal(err)
		}
		for limit := time.Now().Add(10 * time.Second); c.queued() < len(tt.sent) && time.Now().Before(limit); {
			time.Sleep(time.Millisecond)
		}
		if tt.end { // its arrival is not in what is queued
			_ = c.raw.Read(hungUp)
		}
		_ = c.raw.Control(func(fd uintptr) {
			n, left, err := c.receive(int(fd), make([]byte, 4))
			if n != 4 || left != tt.left || err != nil {
				t.Errorf("%v: got %d bytes, %d left, %v", tt, n, left, err)
			}
		})
		for _, closer := range []interface{ Close() error }{client, nc, l} {
			_ = closer.Close()
		}
	}
}

// Each connection has the probes of the net package, although nobody sets them at accept.
func TestAcceptedConnectionsAreProbed(t *testing.T) {
	srv, err := New(Config{Listen: "tcp:127.0.0.1:0"})
	if err == nil {
		err = srv.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = srv.Close() }()
	client, err := net.Dial("tcp", srv.Addr()[len("tcp:"):])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	for limit := time.Now().Add(10 * time.Second); len(srv.Connections()) == 0 && time.Now().Before(limit); {
		time.Sleep(time.Millisecond)
	}
	srv.each(func(c *conn) {
		_ = c.raw.Control(func(fd uintptr) {
			on, _ := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_KEEPALIVE)
			idle, _ := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_KEEPIDLE)
			interval, _ := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_KEEPINTVL)
			delay, _ := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NODELAY)
			if on != 1 || idle != 15 || interval != 15 || delay != 1 {
				t.Errorf("SO_KEEPALIVE %d, idle %d s, interval %d s, TCP_NODELAY %d", on, idle, interval, delay)
			}
		})
	})
}

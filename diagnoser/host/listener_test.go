package host

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/host/sandbox"
	"golang.org/x/sys/unix"
)

func find(h *evidence.Host, address string) *evidence.Listener {
	for i, l := range h.Listeners {
		if l.Address == address {
			return &h.Listeners[i]
		}
	}
	return nil
}

func TestListenersShowQueueAndBacklog(t *testing.T) {
	sandbox.Need(t)
	dir := t.TempDir()
	for _, test := range []struct{ network, address string }{
		{"tcp", "127.0.0.1:0"}, {"tcp", "[::1]:0"}, {"tcp", "[::]:0"}, {"unix", filepath.Join(dir, "app.sock")},
	} {
		t.Run(test.network+" "+test.address, func(t *testing.T) {
			l, err := net.Listen(test.network, test.address)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			raw, err := l.(syscall.Conn).SyscallConn()
			if err != nil {
				t.Fatal(err)
			}
			// listen(2) again on a listening socket sets its limit
			if err := raw.Control(func(fd uintptr) { err = unix.Listen(int(fd), 7) }); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				c, err := net.Dial(test.network, l.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
			}
			got := find(collect(t, evidence.HostQuestion{}), l.Addr().String())
			if got == nil {
				t.Fatal("the listener is missing")
			}
			if got.Network != test.network || got.Queue != 3 || got.Backlog != 7 || got.PID != os.Getpid() || got.Process == "" {
				t.Errorf("got %+v, want queue 3 of 7 and pid %d", got, os.Getpid())
			}
		})
	}
}

func TestListenersIgnoreTheObservers(t *testing.T) {
	sandbox.Need(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	own := find(collect(t, evidence.HostQuestion{}), l.Addr().String())
	if own == nil {
		t.Fatal("the listener is missing")
	}
	h := Collect(t.Context(), Options{Ignore: []uint64{own.Inode}}, evidence.HostQuestion{})
	if got := find(h, l.Addr().String()); got != nil {
		t.Errorf("got %+v, want it ignored", got)
	}
}

// A listener that its workers inherited is reported for the process that made it.
func TestListenerOfParentAndChild(t *testing.T) {
	sandbox.Need(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	child := exec.Command("/proc/self/exe", "-test.run=^$")
	child.ExtraFiles = []*os.File{f}
	hold, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	child.Env = append(os.Environ(), holdEnv+"=1")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = hold.Close(); _ = child.Wait() }()
	got := find(collect(t, evidence.HostQuestion{}), l.Addr().String())
	if got == nil || got.PID != os.Getpid() {
		t.Errorf("got %+v, want pid %d", got, os.Getpid())
	}
}

func TestAbstractListener(t *testing.T) {
	sandbox.Need(t)
	l, err := net.Listen("unix", "@badgateway-test")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := find(collect(t, evidence.HostQuestion{}), "@badgateway-test")
	if got == nil || got.FileInode != 0 {
		t.Errorf("got %+v, want it without a file", got)
	}
}

func TestParseMessagesTooShort(t *testing.T) {
	if _, err := parseInet(make([]byte, inetMessageSize-1)); err == nil {
		t.Error("inet: got no error")
	}
	if _, err := parseUnix(make([]byte, unixMessageSize-1)); err == nil {
		t.Error("unix: got no error")
	}
}

func TestDeviceIsThatOfStat(t *testing.T) {
	// major 259, minor 70000: both need the bits that the old form of dev_t lacked
	if got, want := device(259<<20|70000), unix.Mkdev(259, 70000); got != want {
		t.Errorf("got %#x, want %#x", got, want)
	}
}

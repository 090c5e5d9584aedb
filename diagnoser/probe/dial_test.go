package probe

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/host/sandbox"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

func ask(t *testing.T, network, address string) evidence.Probe {
	t.Helper()
	q := evidence.Question{Target: evidence.Target{Protocol: "http", Network: network, Address: address}, Wait: time.Second}
	return Ask(t.Context(), q, Options{})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestConnectRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, l.Close())
	check(t, ask(t, "tcp", l.Addr().String()), want{evidence.Connecting, evidence.Refused, 111})
}

// An accept queue that is full lets no handshake end on TCP; on a unix socket connect fails.
func TestConnectToAFullQueue(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		network, address string
		want             want
	}{
		{"tcp", "127.0.0.1:0", want{evidence.Connecting, evidence.TimedOut, 0}},
		{"unix", socketPath(t), want{evidence.Connecting, evidence.Exhausted, 11}},
	} {
		l, err := net.Listen(test.network, test.address)
		must(t, err)
		defer l.Close()
		raw, err := l.(syscall.Conn).SyscallConn()
		must(t, err)
		must(t, raw.Control(func(fd uintptr) { err = unix.Listen(int(fd), 0) }))
		must(t, err)
		c, err := net.Dial(test.network, l.Addr().String())
		must(t, err)
		defer c.Close()
		check(t, ask(t, test.network, l.Addr().String()), test.want)
	}
}

func TestConnectToUnixPaths(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: at("stale"), Net: "unix"})
	must(t, err)
	l.SetUnlinkOnClose(false)
	must(t, l.Close())
	d, err := net.ListenPacket("unixgram", at("datagram"))
	must(t, err)
	defer d.Close()
	must(t, os.WriteFile(at("file"), nil, 0o600))
	must(t, os.Symlink("loop", at("loop")))
	for name, w := range map[string]want{
		"stale":    {evidence.Connecting, evidence.Refused, 111},
		"none":     {evidence.Connecting, evidence.Missing, 2},
		"file":     {evidence.Connecting, evidence.Refused, 111},
		"file/x":   {evidence.Connecting, evidence.Missing, 20},
		"loop":     {evidence.Connecting, evidence.Missing, 40},
		"datagram": {evidence.Connecting, evidence.Invalid, 91},
	} {
		t.Run(name, func(t *testing.T) { check(t, ask(t, "unix", at(name)), w) })
	}
	if got := ask(t, "unix", at(strings.Repeat("x", 108))); got.Outcome != "" || !strings.Contains(got.Note, "not asked: path of") {
		t.Errorf("got %+v, want it not asked", got)
	}
}

// The path is the proxy's own, and an absolute link on it stays in the proxy's file system.
func TestUnixPathBelowRoot(t *testing.T) {
	sandbox.Need(t)
	root := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(root, "run/app"), 0o755))
	must(t, os.MkdirAll(filepath.Join(root, "var"), 0o755))
	must(t, os.Symlink("/run", filepath.Join(root, "var/run")))
	backend(t, "unix", filepath.Join(root, "run/app/app.sock"), httpAfterRequest(say(ok)))
	q := evidence.Question{Target: evidence.Target{Protocol: "http", Network: "unix", Address: "/var/run/app/app.sock"}}
	for range 3 { // the thread that changed its root is not used again
		check(t, Ask(t.Context(), q, Options{Root: root}), want{evidence.ReadingBody, evidence.OK, 0})
		check(t, Ask(t.Context(), q, Options{}), want{evidence.Connecting, evidence.Missing, 2})
	}
	if own, err := os.Readlink("/proc/self/root"); err != nil || own != "/" {
		t.Errorf("root of the process: got %q (%v), want /", own, err)
	}
	got := Ask(t.Context(), q, Options{Root: filepath.Join(root, "none")})
	if got.Outcome != "" || !strings.Contains(got.Note, "not asked: enter") {
		t.Errorf("a root that is missing: got %+v, want it not asked", got)
	}
}

// Routes that carry nothing answer connect at once.
func TestConnectByRoute(t *testing.T) {
	sandbox.Need(t)
	for _, test := range []struct {
		kind int
		want want
	}{
		{unix.RTN_PROHIBIT, want{evidence.Connecting, evidence.Denied, 13}},
		{unix.RTN_UNREACHABLE, want{evidence.Connecting, evidence.Unreachable, 113}},
		{unix.RTN_BLACKHOLE, want{evidence.Connecting, evidence.Unreachable, 22}},
	} {
		_, dst, err := net.ParseCIDR("127.0.7.0/24")
		must(t, err)
		r := &netlink.Route{Dst: dst, Type: test.kind, Table: unix.RT_TABLE_LOCAL}
		must(t, netlink.RouteAdd(r))
		check(t, ask(t, "tcp", "127.0.7.7:9000"), test.want)
		must(t, netlink.RouteDel(r))
	}
}

// A name of the reserved domain .invalid has no address; the namespace has no resolver either.
func TestNameNotFound(t *testing.T) {
	sandbox.Need(t)
	check(t, ask(t, "tcp", "app.invalid:9000"), want{evidence.Resolving, evidence.NotFound, 0})
}

func TestProtocolThatIsNotSpoken(t *testing.T) {
	a := backend(t, "tcp", "127.0.0.1:0", func(_ int, c net.Conn) {
		if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("got %d bytes (%v), want nothing to be sent", n, err)
		}
	})
	got := Ask(t.Context(), evidence.Question{Target: target("scgi", a)}, Options{})
	check(t, got, want{evidence.Connecting, evidence.OK, 0})
	if !strings.Contains(got.Note, "does not speak scgi") {
		t.Errorf("got note %q", got.Note)
	}
}

func TestAskAllKeepsOrder(t *testing.T) {
	var questions []evidence.Question
	var wants []want
	for i := range 9 {
		if i%3 == 0 {
			questions = append(questions, evidence.Question{Target: evidence.Target{Protocol: "http", Network: "unix", Address: "/none"}})
			wants = append(wants, want{evidence.Connecting, evidence.Missing, 2})
			continue
		}
		a := backend(t, "tcp", "127.0.0.1:0", httpAfterRequest(say(ok)))
		questions = append(questions, evidence.Question{Target: target("http", a), Candidate: i == 1})
		wants = append(wants, want{evidence.ReadingBody, evidence.OK, 0})
	}
	for i, got := range AskAll(t.Context(), questions, Options{Parallel: 2}) {
		check(t, got, wants[i])
		if got.Target != questions[i].Target || got.Candidate != (i == 1) {
			t.Errorf("%d: got %+v, want the answer to %+v", i, got, questions[i])
		}
	}
}

// A cancelled question says nothing of the backend.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	a := backend(t, "tcp", "127.0.0.1:0", httpAfterRequest(func(c net.Conn) { cancel(); hang(c) }))
	got := Ask(ctx, evidence.Question{Target: target("http", a)}, Options{})
	check(t, got, want{})
	if !strings.Contains(got.Note, "not asked to the end") {
		t.Errorf("got note %q", got.Note)
	}
}

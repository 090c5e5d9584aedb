package simulator_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/badgateway/badgateway/simulator"
)

func connect(srv *simulator.Server) error {
	network, addr, _ := strings.Cut(srv.Addr(), ":")
	c, err := net.Dial(network, addr)
	if err == nil {
		_ = c.Close()
	}
	return err
}

func TestEndpointStates(t *testing.T) {
	for _, tt := range []struct {
		network, plan string
		want          syscall.Errno
		state         string
	}{
		{"unix", `endpoint: {refuse: true}`, syscall.ECONNREFUSED, "refuse"},
		{"unix", `endpoint: {stale: true}`, syscall.ECONNREFUSED, "stale"},
		{"unix", `endpoint: {missing: true}`, syscall.ENOENT, "missing"},
		{"unix", `{}`, 0, "listen"},
		{"tcp", `{}`, 0, "listen"},
	} {
		t.Run(tt.network+" "+tt.state, func(t *testing.T) {
			srv := start(t, listenOn(t, tt.network), "http", tt.plan)
			if err := connect(srv); !errors.Is(err, tt.want) && (tt.want != 0 || err != nil) {
				t.Errorf("connecting gives %v, want %v", err, tt.want)
			}
			if got := srv.Status().State; got != tt.state {
				t.Errorf("state %s, want %s", got, tt.state)
			}
			if err := srv.Restart(nil); err != nil {
				t.Fatal(err)
			}
			if err := connect(srv); err != nil {
				t.Errorf("after a restart: %v", err)
			}
		})
	}
}

func TestRefuseAndResume(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		srv := start(t, listenOn(t, network), "http", `{}`)
		open := dial(t, srv)
		await(t, srv, simulator.KindAccept, "")
		if err := srv.Refuse(); err != nil {
			t.Fatal(err)
		}
		if err := connect(srv); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s: connecting gives %v, want ECONNREFUSED", network, err)
		}
		write(t, open, requestBytes("http", "GET", "/", ""))
		readResponse(t, open, "http") // an open connection lives on
		addr := srv.Addr()
		for range 2 {
			if err := srv.Resume(); err != nil {
				t.Fatal(err)
			}
		}
		if err := connect(srv); err != nil || srv.Addr() != addr {
			t.Errorf("%s: after resume: %v at %s, want %s", network, err, srv.Addr(), addr)
		}
	}
}

// A TCP endpoint whose port was never bound refuses; it needs a fixed port.
func TestRefuseFromTheStart(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	_ = free.Close()
	srv := start(t, "tcp:"+addr, "http", `endpoint: {refuse: true}`)
	if err := connect(srv); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v, want ECONNREFUSED", err)
	}
	setPlan(t, srv, `{}`, simulator.NewConnections)
	if err := connect(srv); err != nil {
		t.Errorf("with a plan that listens: %v", err)
	}
}

func TestRestartDropsConnectionsAndAppliesThePlan(t *testing.T) {
	srv := start(t, listenOn(t, "unix"), "http", `{endpoint: {mode: "0600"}, default: [hang]}`)
	path := strings.TrimPrefix(srv.Addr(), "unix:")
	c := dial(t, srv)
	write(t, c, requestBytes("http", "GET", "/", ""))
	await(t, srv, simulator.KindStep, "hang")
	if err := os.Chmod(path, 0o777); err != nil {
		t.Fatal(err)
	}
	plan, err := simulator.ParsePlan("p", []byte(`{endpoint: {mode: "0640"}, default: [{respond: {body: new}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Restart(plan); err != nil {
		t.Fatal(err)
	}
	if _, end := readAll(c); end != "eof" {
		t.Errorf("the open connection reads %s, want eof", end)
	}
	if got := modeOf(t, path); got != 0o640 {
		t.Errorf("mode %o, want 640", got)
	}
	c = dial(t, srv)
	write(t, c, requestBytes("http", "GET", "/", ""))
	if got := readResponse(t, c, "http"); !strings.HasSuffix(got, "new") {
		t.Errorf("got %q", got)
	}
}

func modeOf(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func TestSocketModesAndOwners(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	path := dir + "/run/sub/app.sock"
	if err := os.Mkdir(dir+"/run", 0o755); err != nil {
		t.Fatal(err)
	}
	srv := start(t, "unix:"+path, "http", `endpoint: {mode: "0600", owner: 65534, group: 65533, directory_mode: "0710"}`)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	stat := info.Sys().(*syscall.Stat_t)
	if info.Mode().Perm() != 0o600 || stat.Uid != 65534 || stat.Gid != 65533 {
		t.Errorf("got mode %v owner %d group %d", info.Mode(), stat.Uid, stat.Gid)
	}
	if got := modeOf(t, filepath.Dir(path)); got != 0o710 {
		t.Errorf("directory mode %o, want 710", got)
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the directory made for the socket is left: %v", err)
	}
	if got := modeOf(t, dir+"/run"); got != 0o755 {
		t.Errorf("directory that was there has mode %o, want 755", got)
	}
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: changes owners and roots")
	}
}

// Seen from its root, the socket's name must not carry the way there.
func TestRootNamesTheSocketAsInside(t *testing.T) {
	needRoot(t)
	root := t.TempDir()
	srv, err := simulator.New(simulator.Config{Listen: "unix:/run/app.sock", Root: root})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Start(); err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("unix", root+"/run/app.sock")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	table, err := os.ReadFile("/proc/net/unix")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(table), " /run/app.sock\n") || strings.Contains(string(table), root) {
		t.Error("the kernel's table does not name /run/app.sock")
	}
	write(t, c, requestBytes("http", "GET", "/", ""))
	readResponse(t, c, "http")
	if err := srv.Restart(nil); err != nil {
		t.Fatal(err)
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(root); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if wd, err := os.Stat("/proc/self/root/etc"); err != nil || wd == nil {
		t.Errorf("the process lost its own root: %v", err)
	}
}

func TestWillNotRemoveWhatIsNoSocket(t *testing.T) {
	path := t.TempDir() + "/app.sock"
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	srv, err := simulator.New(simulator.Config{Listen: "unix:" + path})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Start(); err == nil || !strings.Contains(err.Error(), "no socket") {
		t.Errorf("got %v", err)
	}
	if data, _ := os.ReadFile(path); string(data) != "precious" {
		t.Error("the file is gone")
	}
}

// The accept queue takes one connection more than its length says (listen(2)).
func TestBacklogIsExact(t *testing.T) {
	srv := start(t, listenOn(t, "unix"), "http", `endpoint: {backlog: 2, no_accept: true}`)
	path := strings.TrimPrefix(srv.Addr(), "unix:")
	connected := 0
	for range 5 {
		fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = syscall.Close(fd) }()
		if err = syscall.Connect(fd, &syscall.SockaddrUnix{Name: path}); err == nil {
			connected++
		} else if err != syscall.EAGAIN {
			t.Errorf("got %v, want EAGAIN", err)
		}
	}
	if connected != 3 {
		t.Errorf("%d connections fit, want 3", connected)
	}
}

package simulator_test

import (
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/badgateway/badgateway/simulator"
)

// Modes, owners and the file itself change under a listener that stays.
func TestSocketFileAtRunTime(t *testing.T) {
	srv := start(t, listenOn(t, "unix"), "http", `default: [{wait: g}, serve]`)
	path := strings.TrimPrefix(srv.Addr(), "unix:")
	open := dial(t, srv)
	if err := srv.Chmod(0o600); err != nil || modeOf(t, path) != 0o600 {
		t.Errorf("chmod: %v, mode %o", err, modeOf(t, path))
	}
	if os.Geteuid() == 0 {
		if err := srv.Chown(65534, 65533); err != nil {
			t.Error(err)
		}
		info, _ := os.Stat(path)
		if st := info.Sys().(*syscall.Stat_t); st.Uid != 65534 || st.Gid != 65533 {
			t.Errorf("owner %d:%d, want 65534:65533", st.Uid, st.Gid)
		}
	}
	if err := srv.Unlink(); err != nil {
		t.Fatal(err)
	}
	if err := connect(srv); !errors.Is(err, syscall.ENOENT) || srv.Status().State != "missing" {
		t.Errorf("after unlink: %v, state %s", err, srv.Status().State)
	}
	srv.Gate("g").Open()
	write(t, open, requestBytes("http", "GET", "/", ""))
	readResponse(t, open, "http") // an open connection lives on
	if err := srv.Resume(); err != nil || connect(srv) != nil || modeOf(t, path) != 0o666 {
		t.Errorf("after resume: %v, mode %o", err, modeOf(t, path))
	}
	if err := srv.LeaveStale(); err != nil {
		t.Fatal(err)
	}
	if err := connect(srv); !errors.Is(err, syscall.ECONNREFUSED) || srv.Status().State != "stale" {
		t.Errorf("stale: %v, state %s", err, srv.Status().State)
	}
}

// What the file at the path is decides what connecting gives; a mode without write permission denies those who are not root.
func TestPathFaults(t *testing.T) {
	for _, tt := range []struct {
		plan string
		want syscall.Errno
		kind os.FileMode
	}{
		{"endpoint: {path_is: regular}", syscall.ECONNREFUSED, 0},
		{"endpoint: {path_is: datagram}", syscall.EPROTOTYPE, os.ModeSocket},
		{`endpoint: {mode: "0600"}`, 0, os.ModeSocket},
	} {
		srv := start(t, listenOn(t, "unix"), "http", tt.plan)
		path := strings.TrimPrefix(srv.Addr(), "unix:")
		if err := connect(srv); !errors.Is(err, tt.want) && (tt.want != 0 || err != nil) {
			t.Errorf("%s: connecting gives %v, want %v", tt.plan, err, tt.want)
		}
		info, err := os.Lstat(path)
		if err != nil || info.Mode().Type() != tt.kind {
			t.Errorf("%s: the file is %v, %v", tt.plan, info, err)
		}
		if err := srv.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the file is left: %v", tt.plan, err)
		}
	}
}

func TestRunTimeChangesThatCannotBe(t *testing.T) {
	srv := start(t, "tcp:127.0.0.1:0", "http", `{}`)
	for name, err := range map[string]error{
		"belong to unix sockets": errors.Join(srv.Chmod(0o600)),
		"kill_with_queue: -1":    srv.KillWithQueue(-1),
		"backlog: -1":            srv.SetBacklog(-1),
		"only one of":            srv.SetEndpoint(simulator.Endpoint{Refuse: true, NoAccept: true}),
	} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want %s", err, name)
		}
	}
	if err := srv.Refuse(); err != nil {
		t.Fatal(err)
	}
	if err := srv.SetBacklog(3); err == nil || !strings.Contains(err.Error(), "nothing listens") {
		t.Errorf("got %v", err)
	}
}

// Nobody reads: the peer can send what the small receive buffer takes and no more.
func TestReceiveBuffer(t *testing.T) {
	srv := start(t, "tcp:127.0.0.1:0", "http", "{endpoint: {receive_buffer: 4KiB}, connections: [{script: [no_read, hang]}]}")
	c := dial(t, srv)
	_ = c.(*net.TCPConn).SetWriteBuffer(4 << 10)
	_ = c.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	sent, err := c.Write(make([]byte, 1<<20))
	if !errors.Is(err, os.ErrDeadlineExceeded) || sent > 64<<10 {
		t.Errorf("%d bytes were taken, %v; want a few KiB and a timeout", sent, err)
	}
	if err := newServer(t, "tcp:127.0.0.1:0", "http", "endpoint: {receive_buffer: 100}").Start(); err == nil || !strings.Contains(err.Error(), "instead of 100") {
		t.Errorf("a buffer that the kernel does not give: got %v", err)
	}
}

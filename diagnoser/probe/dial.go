package probe

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"golang.org/x/sys/unix"
)

// wire is one connection to the backend.
type wire struct {
	net.Conn
	in      *bufio.Reader
	started time.Time // when it was connected
	begun   int       // bytes of a header whose end did not come
	release func() bool
}

// bound ends whatever is waited for after d. Once the question's context is done the
// connection's time is over for good.
func (w *wire) bound(d time.Duration) { _ = w.SetDeadline(time.Now().Add(d)) }

func (w *wire) close() {
	w.release()
	_ = w.Conn.Close()
}

func newWire(ctx context.Context, c net.Conn) *wire {
	w := &wire{Conn: c, in: bufio.NewReaderSize(c, 16<<10), started: time.Now()}
	w.release = context.AfterFunc(ctx, func() { _ = c.Close() })
	return w
}

func (a *asker) connect(ctx context.Context, p *evidence.Probe) (*wire, *failure) {
	conn, err := a.dial(ctx)
	var setup *setupError
	if errors.As(err, &setup) {
		return nil, &failure{note: err.Error()}
	}
	if err != nil {
		return nil, classify(evidence.Connecting, err)
	}
	if a.q.Target.Protocol != "https" {
		return newWire(ctx, conn), nil
	}
	return a.handshake(ctx, conn, p)
}

func (a *asker) dial(ctx context.Context) (net.Conn, error) {
	if a.q.Target.Network == "unix" {
		return dialUnix(a.opts.Root, a.q.Target.Address)
	}
	d := net.Dialer{Timeout: a.q.Wait, KeepAliveConfig: net.KeepAliveConfig{Enable: false}}
	return d.DialContext(ctx, "tcp", a.q.Target.Address)
}

// setupError is a failure on our own side, before the backend was asked.
type setupError struct{ err error }

func (e *setupError) Error() string { return e.err.Error() }
func (e *setupError) Unwrap() error { return e.err }

// dialUnix connects to a socket whose path is resolved below root. A path given below
// /proc/PID/root would not do: an absolute symbolic link on it would lead out of there.
func dialUnix(root, path string) (net.Conn, error) {
	if root == "" || root == "/" {
		return connectUnix(path)
	}
	var conn net.Conn
	var err error
	<-onSpareThread(func() {
		if err = enterRoot(root); err == nil {
			conn, err = connectUnix(path)
		}
	})
	return conn, err
}

// onSpareThread runs f on a thread that is thrown away afterwards. The process's first
// thread is spared, since /proc/self shows its root as the whole process's.
func onSpareThread(f func()) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			defer runtime.UnlockOSThread()
			<-onSpareThread(f)
			return
		}
		f()
	}()
	return done
}

func enterRoot(root string) error {
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return &setupError{fmt.Errorf("unshare the root directory: %w", err)}
	}
	if err := unix.Chroot(root); err != nil {
		return &setupError{fmt.Errorf("enter %s: %w (needs CAP_SYS_CHROOT)", root, err)}
	}
	if err := unix.Chdir("/"); err != nil {
		return &setupError{fmt.Errorf("enter %s: %w", root, err)}
	}
	return nil
}

// connectUnix calls connect(2) itself, so that it happens on this thread; on a unix
// socket it never waits: a full accept queue is EAGAIN.
func connectUnix(path string) (net.Conn, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, &setupError{os.NewSyscallError("socket", err)}
	}
	f := os.NewFile(uintptr(fd), path)
	defer f.Close()
	sa := &unix.SockaddrUnix{Name: path}
	if len(path) > maxUnixPath {
		return nil, &setupError{fmt.Errorf("path of %d bytes, longer than a unix address can be", len(path))}
	}
	if err := unix.Connect(fd, sa); err != nil {
		return nil, os.NewSyscallError("connect", err)
	}
	return net.FileConn(f)
}

const maxUnixPath = 107 // sun_path with its final zero

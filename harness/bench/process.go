package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// servers are what can run in a process of its own: by name, what listens and serves until stop is closed.
var servers = map[string]func(stop <-chan struct{}, args []string, ready func(addr string)) error{}

// ServeChild is this program as a server that is measured. It tells its address
// on standard output and serves until standard input ends.
func ServeChild(name string, args []string) error {
	serve := servers[name]
	if serve == nil {
		return fmt.Errorf("no server %q", name)
	}
	stop := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(stop)
	}()
	return serve(stop, args, func(addr string) { fmt.Println(addr) })
}

// overListener makes a server of what serves a TCP listener.
func overListener(serve func(net.Listener) error) func(<-chan struct{}, []string, func(string)) error {
	return func(stop <-chan struct{}, _ []string, ready func(string)) error {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		ready(l.Addr().String())
		go func() {
			<-stop
			l.Close()
		}()
		if err := serve(l); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}
}

// process is a server in a process of its own, pinned to one core.
type process struct {
	cmd  *exec.Cmd
	in   io.Closer
	out  *bufio.Reader
	said string // the first line that it told: its address
}

// command is one in a process group of its own, which ends as a whole with ctx. What a terminal
// sends to all reaches this program alone, which then knows before its children end that it was
// interrupted.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

// startProcess starts a server, from a thread with a property that the process inherits, and waits for the first line that it tells.
func startProcess(ctx context.Context, with inherited, name string, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := command(ctx, self, append([]string{"serve", name}, args...)...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := with(cmd.Start); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &process{cmd: cmd, in: in, out: bufio.NewReader(out)}
	line, err := p.out.ReadString('\n')
	if err != nil {
		p.close()
		return nil, fmt.Errorf("start %s: it ended before it listened", name)
	}
	p.said = strings.TrimSpace(line)
	return p, nil
}

// scan reads the next line that the server tells.
func (p *process) scan(into ...any) error {
	line, err := p.out.ReadString('\n')
	if err == nil {
		_, err = fmt.Sscan(line, into...)
	}
	if err != nil {
		return fmt.Errorf("the server said %q: %w", line, err)
	}
	return nil
}

func (p *process) close() {
	_ = p.in.Close()
	_ = p.cmd.Wait()
}

// cpu is the time that the process has spent on a processor, user and system.
func (p *process) cpu() time.Duration { return cpuOf(p.cmd.Process.Pid) }

// cpuOf reads the clock that the kernel keeps for each process; its number is
// made of the process id (clock_getcpuclockid(3)).
func cpuOf(pid int) time.Duration {
	var ts unix.Timespec
	if unix.ClockGettime(int32(^pid)<<3|2, &ts) != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

// inherited runs f on a thread with a property that the processes it starts inherit.
type inherited func(f func() error) error

// pinned runs f on the core of servers.
func pinned(f func() error) error { return onCore(serverCore(), f) }

// onCore runs f on a thread that is pinned to one core.
func onCore(core int, f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var old, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &old); err != nil {
		return err
	}
	one.Set(core)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return err
	}
	defer func() { _ = unix.SchedSetaffinity(0, &old) }()
	return f()
}

// cores are those that this program may use.
func cores() []int {
	var set unix.CPUSet
	_ = unix.SchedGetaffinity(0, &set)
	var list []int
	for i := range 8 * len(set) * 8 {
		if set.IsSet(i) {
			list = append(list, i)
		}
	}
	return list
}

// serverCore is where servers run; the load comes from the other end of the list.
func serverCore() int { return slices.Max(cores()) }

func loadCore() int { return slices.Min(cores()) }

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
	addr string
}

// startProcess starts a server and waits until it listens.
func startProcess(ctx context.Context, name string, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, append([]string{"serve", name}, args...)...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := startPinned(cmd, serverCore()); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &process{cmd: cmd, in: in}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		p.close()
		return nil, fmt.Errorf("start %s: it ended before it listened", name)
	}
	p.addr = strings.TrimSpace(line)
	return p, nil
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

// startPinned starts a command on one core: a child inherits the affinity of the thread that forks it.
func startPinned(cmd *exec.Cmd, core int) error {
	return onCore(core, cmd.Start)
}

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

package containers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// reaper is a small process of our own that outlives the run by a moment: when
// the run ends in whatever way, kill -9 too, the pipe between them closes and
// the reaper sweeps what the run left, unless the run has done so and says it. The lease of each pod is the second net,
// for the case that both are killed.
type reaper struct {
	once  sync.Once
	err   error
	cmd   *exec.Cmd
	stdin io.WriteCloser
}

// Guard starts the reaper: program is the badgateway command, which is called as
// `badgateway reap OWNER` and calls Reap with its standard input.
func (e *Engine) Guard(program string) error {
	e.reaper.once.Do(func() { e.reaper.err = e.reaper.start(program, e.owner) })
	return e.reaper.err
}

func (r *reaper) start(program string, owner Owner) error {
	cmd := exec.Command(program, "reap", owner.String())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // a Ctrl-C for the run is not meant for it
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("start reaper: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start reaper: %w", err)
	}
	r.cmd, r.stdin = cmd, stdin
	return nil
}

// swept is what a run says that has swept itself.
const swept = "swept"

// stop closes the pipe and waits until the reaper has swept, if there is anything to sweep.
func (r *reaper) stop(clean bool) error {
	if r.cmd == nil {
		return nil
	}
	if clean {
		_, _ = io.WriteString(r.stdin, swept)
	}
	err := errors.Join(r.stdin.Close(), r.cmd.Wait())
	r.cmd = nil
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop reaper: %w", err)
	}
	return nil
}

// Reap is the work of the process that guards a run: it waits until the run's end of the pipe is closed, and sweeps what
// the run left.
func Reap(run io.Reader, owner Owner) error {
	said, _ := io.ReadAll(run)
	if string(said) == swept {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), sweepLimit)
	defer cancel()
	self, err := Self()
	if err != nil {
		return err
	}
	engine, err := Connect(ctx, self)
	if err != nil {
		return err
	}
	defer engine.Close()
	_, err = engine.Sweep(ctx, Which{Run: owner.Run})
	return err
}

package containers

import (
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
// the reaper sweeps what the run left. The lease of each pod is the second net,
// for the case that both are killed.
type reaper struct {
	once  sync.Once
	err   error
	cmd   *exec.Cmd
	stdin io.WriteCloser
}

// Guard starts the reaper: program is the badgateway command, which is called as
// `badgateway reap OWNER` and reads standard input to its end.
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

// stop closes the pipe and waits for the sweep.
func (r *reaper) stop() error {
	if r.cmd == nil {
		return nil
	}
	err := errors.Join(r.stdin.Close(), r.cmd.Wait())
	r.cmd = nil
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop reaper: %w", err)
	}
	return nil
}

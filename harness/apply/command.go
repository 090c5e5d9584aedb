package apply

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// commandLimit bounds one command; the test of a large configuration with many names to resolve takes seconds.
const commandLimit = time.Minute

// Shell is a command line that the user gave.
func Shell(line string) Command {
	return Command{Text: line, Run: func(ctx context.Context) error {
		return run(ctx, exec.Command("/bin/sh", "-c", line))
	}}
}

// Chroot is a program run in another root, such as that of a container.
func Chroot(root, program string, args ...string) Command {
	return Command{Text: strings.Join(append([]string{program}, args...), " "), Run: func(ctx context.Context) error {
		cmd := exec.Command(program, args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
		cmd.Dir = "/"
		return run(ctx, cmd)
	}}
}

// Signal tells a process to read its configuration anew.
func Signal(pid int) Command {
	return Command{Text: fmt.Sprintf("kill -HUP %d", pid), Run: func(context.Context) error { return syscall.Kill(pid, syscall.SIGHUP) }}
}

// run starts a command in a group of its own, so that Ctrl-C is ours to handle, and ends the group with ctx.
func run(ctx context.Context, cmd *exec.Cmd) error {
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	cmd.WaitDelay = time.Second
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) })
	err := cmd.Wait()
	stop()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Errorf("%s: %s", exit, reason(out.String()))
	}
	return err
}

// reason picks the line that says what is wrong, else the last one.
func reason(out string) string {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	for _, line := range lines {
		if strings.Contains(line, "[emerg]") {
			return strings.TrimSpace(line)
		}
	}
	return strings.TrimSpace(lines[len(lines)-1])
}

// Workers are the workers of nginx below a procfs that are not shutting down, by PID: those whose
// root is the one given, or all where that is "".
func Workers(proc, root string) map[int]bool {
	found := map[int]bool{}
	want, _ := os.Stat(root)
	for pid, title := range titles(proc) {
		if title != "nginx: worker process" {
			continue
		}
		own, err := os.Stat(filepath.Join(proc, strconv.Itoa(pid), "root") + "/")
		if root == "" || err == nil && os.SameFile(own, want) {
			found[pid] = true
		}
	}
	return found
}

// Master finds the nginx master whose root is the one given, with its program's path in that root.
func Master(proc, root string) (pid int, program string, err error) {
	want, err := os.Stat(root)
	if err != nil {
		return 0, "", err
	}
	for pid, title := range titles(proc) {
		if !strings.HasPrefix(title, "nginx: master process") {
			continue
		}
		dir := filepath.Join(proc, strconv.Itoa(pid))
		own, err := os.Stat(filepath.Join(dir, "root") + "/")
		if err != nil || !os.SameFile(own, want) {
			continue
		}
		program, err := os.Readlink(filepath.Join(dir, "exe"))
		return pid, strings.TrimSuffix(program, " (deleted)"), err
	}
	return 0, "", fmt.Errorf("no nginx runs in %s, for all that %s shows; give --test-command and --reload-command", root, proc)
}

func titles(proc string) map[int]string {
	found := map[int]string{}
	dirs, _ := filepath.Glob(filepath.Join(proc, "[0-9]*"))
	for _, dir := range dirs {
		title, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		pid, nerr := strconv.Atoi(filepath.Base(dir))
		if err == nil && nerr == nil {
			found[pid] = strings.TrimRight(strings.ReplaceAll(string(title), "\x00", " "), " ")
		}
	}
	return found
}

// innermost are the PIDs of processes in the namespace that they live in themselves, the last of NSpid (proc_pid_status(5)).
func innermost(proc string, pids map[int]bool) map[int]bool {
	found := map[int]bool{}
	for pid := range pids {
		found[pid] = true
		status, _ := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "status"))
		for line := range strings.Lines(string(status)) {
			if list, ok := strings.CutPrefix(line, "NSpid:"); ok {
				all := strings.Fields(list)
				if own, err := strconv.Atoi(all[len(all)-1]); err == nil {
					found[own] = true
				}
			}
		}
	}
	return found
}

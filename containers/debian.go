package containers

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// DebianBuild is an image made by mmdebstrap(1) from one Debian suite. The
// mirror is mmdebstrap's default for the suite, or the one in BADGATEWAY_MIRROR.
type DebianBuild struct {
	Suite    string   // "forky"
	Packages []string // beside the essential ones
	Command  []string // what the container runs
	// Links are symbolic links to make, by their path: names under which public images have a program.
	Links map[string]string
}

func (e *Engine) build(ctx context.Context, image Image) error {
	if err := e.ensureMmdebstrap(ctx); err != nil {
		return err
	}
	dir := buildDir(e.owner)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make build directory: %w", err)
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	root, out := io.Pipe()
	made := make(chan error, 1)
	go func() {
		err := e.mmdebstrap(ctx, image, dir, out)
		out.CloseWithError(err)
		made <- err
	}()
	loadErr := e.load(ctx, image.Name, root, []string{"CMD " + jsonList(image.Debian.Command)})
	root.CloseWithError(loadErr)
	if err := <-made; err != nil && !errors.Is(err, io.ErrClosedPipe) {
		return err
	}
	return loadErr
}

// mmdebstrap writes the root file system as a tar to out. The program dies with
// us: the kernel signals it when the thread that started it ends, so the thread is kept.
func (e *Engine) mmdebstrap(ctx context.Context, image Image, dir string, out io.Writer) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, "mmdebstrap", mmdebstrapArgs(image.Debian)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	cmd.Stdout = out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second // it unmounts and empties its directory
	var tail bytes.Buffer
	cmd.Stderr = &progress{logf: e.Logf, name: image.Name, tail: &tail}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start mmdebstrap: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "pid"), []byte(strconv.Itoa(cmd.Process.Pid)), 0o600); err != nil {
		return err
	}
	if err := cmd.Wait(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("mmdebstrap %s: %w: %s", image.Debian.Suite, err, lastError(tail.String()))
	}
	return nil
}

func mmdebstrapArgs(d *DebianBuild) []string {
	args := []string{
		"--variant=essential", "--include=" + strings.Join(d.Packages, ","),
		// The release file of a suite that is not stable yet may be past its validity on a mirror that lags.
		`--aptopt=Acquire::Check-Valid-Until "false"`,
		"--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/man/*",
		"--dpkgopt=path-exclude=/usr/share/locale/*",
	}
	for _, link := range slices.Sorted(maps.Keys(d.Links)) {
		args = append(args, fmt.Sprintf(`--customize-hook=chroot "$1" ln -s %s %s`, d.Links[link], link))
	}
	args = append(args, d.Suite, "-")
	if mirror := os.Getenv("BADGATEWAY_MIRROR"); mirror != "" {
		args = append(args, mirror)
	}
	return args
}

// ensureMmdebstrap installs the program where that is possible without asking: on Debian, as root.
func (e *Engine) ensureMmdebstrap(ctx context.Context) error {
	if _, err := exec.LookPath("mmdebstrap"); err == nil {
		return nil
	}
	apt, err := exec.LookPath("apt-get")
	if err != nil || os.Geteuid() != 0 {
		return errors.New("mmdebstrap is not installed; install it (Debian, Ubuntu: sudo apt-get install mmdebstrap) or load the image into Docker")
	}
	unlock, err := lock(ctx, "mmdebstrap")
	if err != nil {
		return err
	}
	defer unlock()
	for _, args := range [][]string{{"update", "-q"}, {"install", "-qy", "--no-install-recommends", "mmdebstrap"}} {
		e.Logf("apt-get %s", strings.Join(args, " "))
		cmd := exec.CommandContext(ctx, apt, args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		out, err := cmd.CombinedOutput()
		// A source of the host that does not answer is no reason to stop: the package may be there all the same.
		if err != nil && args[0] == "install" {
			return fmt.Errorf("install mmdebstrap: %w: %s", err, lastError(string(out)))
		}
	}
	return nil
}

// progress passes the headings of mmdebstrap's output on and keeps its end for an error message.
type progress struct {
	logf func(string, ...any)
	name string
	line []byte
	tail *bytes.Buffer
}

func (p *progress) Write(b []byte) (int, error) {
	if p.tail.Len() > 64<<10 {
		p.tail.Next(p.tail.Len() / 2)
	}
	p.tail.Write(b)
	p.line = append(p.line, b...)
	for {
		i := bytes.IndexByte(p.line, '\n')
		if i < 0 {
			return len(b), nil
		}
		if text, ok := strings.CutPrefix(string(p.line[:i]), "I: "); ok {
			p.logf("image %s: %s", p.name, text)
		}
		p.line = p.line[i+1:]
	}
}

// lastError picks the line of a program's output that says what went wrong.
func lastError(out string) string {
	last := ""
	sc := bufio.NewScanner(strings.NewReader(out))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		line := strings.TrimSpace(sc.Text())
		if strings.HasPrefix(line, "E:") || strings.HasPrefix(line, "Err:") {
			return line
		}
		if line != "" {
			last = line
		}
	}
	return last
}

// killBuild ends the mmdebstrap of a build directory whose owner is gone, gently first: it unmounts what it mounted.
func killBuild(dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, "pid"))
	if err != nil {
		return nil
	}
	pid, err := strconv.Atoi(string(data))
	if err != nil {
		return nil
	}
	comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if !bytes.Contains(comm, []byte("TMPDIR="+dir)) {
		return nil // the number belongs to another process now
	}
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if err := syscall.Kill(-pid, sig); errors.Is(err, syscall.ESRCH) {
			return nil
		}
		for range 50 {
			if syscall.Kill(-pid, 0) != nil {
				return nil
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	return nil
}

func jsonList(args []string) string {
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = strconv.Quote(a)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

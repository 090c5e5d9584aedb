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

// humble is the nice value of builds for which nobody waits yet.
const humble = 5

// mmdebstrap writes the root file system as a tar to out. The program dies with
// us: the kernel signals it when the thread that started it ends, so the thread is kept.
func (e *Engine) mmdebstrap(ctx context.Context, image Image, dir string, urgent bool, out io.Writer) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var tail bytes.Buffer
	command := func(flags uintptr) *exec.Cmd {
		cmd := exec.CommandContext(ctx, "mmdebstrap", mmdebstrapArgs(image.Debian)...)
		cmd.Env = append(os.Environ(), "TMPDIR="+dir)
		cmd.Stdout = out
		cmd.Stderr = &progress{statusf: e.Statusf, name: image.Name, tail: &tail}
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM, Unshareflags: flags}
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
		cmd.WaitDelay = 20 * time.Second // it empties its directory
		return cmd
	}
	// In a mount namespace of its own, what it mounts is gone when it is. Another user than root has one in any case.
	cmd := command(0)
	if os.Geteuid() == 0 {
		cmd = command(syscall.CLONE_NEWNS)
	}
	err := cmd.Start()
	if errors.Is(err, syscall.EPERM) {
		cmd = command(0)
		err = cmd.Start()
	}
	if err != nil {
		return fmt.Errorf("start mmdebstrap: %w", err)
	}
	if !urgent {
		_ = syscall.Setpriority(syscall.PRIO_PGRP, cmd.Process.Pid, humble)
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

// mmdebstrapArgs has everything unpacked, the essential packages too, and the rest left to finish.
func mmdebstrapArgs(d *DebianBuild) []string {
	args := []string{
		"--variant=extract", "--include=?essential", "--include=" + strings.Join(d.Packages, ","),
		// The release file of a suite that is not stable yet may be past its validity on a mirror that lags.
		`--aptopt=Acquire::Check-Valid-Until "false"`,
		"--extract-hook=" + finish(d), d.Suite, "-",
	}
	if mirror := os.Getenv("BADGATEWAY_MIRROR"); mirror != "" {
		args = append(args, mirror)
	}
	return args
}

// base are the packages that every image has installed, before all others: users, directories, and what scripts call.
var base = []string{"base-passwd", "base-files", "mawk"}

// finish is the script that makes a system of unpacked packages. An option of mmdebstrap's own would have every file of
// every package filtered, which takes minutes; so what nobody reads here is removed at the end.
func finish(d *DebianBuild) string {
	lines := []string{
		`set -e; exec >&2; cd "$1"`,
		`mkdir -p etc/dpkg/dpkg.cfg.d; echo force-unsafe-io >etc/dpkg/dpkg.cfg.d/badgateway`,
		inRoot(install(base)),
	}
	// Where names are looked up (nsswitch.conf(5)) a script of libc-bin's says, which calls much else. Without the file
	// the C library of older suites asks name servers alone.
	lines = append(lines, inRoot("test -e /etc/nsswitch.conf || cp /usr/share/libc-bin/nsswitch.conf /etc/"))
	if len(d.Configure) > 0 {
		lines = append(lines, inRoot(install(d.Configure)))
	}
	for _, link := range slices.Sorted(maps.Keys(d.Links)) {
		lines = append(lines, inRoot(fmt.Sprintf("ln -s %s %s", d.Links[link], link)))
	}
	if d.Run != "" {
		lines = append(lines, inRoot(d.Run))
	}
	lines = append(lines, inRoot("ldconfig"), "rm -rf usr/share/doc/* usr/share/man/* usr/share/locale/*")
	return strings.Join(lines, "\n")
}

// inRoot runs a command of the shell in the new file system, with nothing of the host's environment.
func inRoot(command string) string {
	return "env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive chroot . sh -c '" + command + "'"
}

// install has dpkg install packages by patterns of their names. What they depend on is there, but dpkg does not know.
func install(patterns []string) string {
	return "cd /var/cache/apt/archives && dpkg --force-depends --install " + strings.Join(patterns, "_*.deb ") + "_*.deb"
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
	if _, err := exec.LookPath("mmdebstrap"); err == nil {
		return nil // another build has installed it
	}
	begin := time.Now()
	install := []string{"install", "-qy", "--no-install-recommends", "mmdebstrap"}
	// The package lists of the host may do. A source of them that does not answer is no reason to stop.
	out, err := e.apt(ctx, apt, install...)
	if err != nil {
		e.apt(ctx, apt, "update", "-q")
		out, err = e.apt(ctx, apt, install...)
	}
	if err != nil {
		return fmt.Errorf("install mmdebstrap: %w: %s", err, lastError(string(out)))
	}
	e.Logf("mmdebstrap: installed in %s", seconds(begin))
	return nil
}

func (e *Engine) apt(ctx context.Context, program string, args ...string) (out []byte, err error) {
	e.Statusf("apt-get %s", strings.Join(args, " "))
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	return cmd.CombinedOutput()
}

// phases are what mmdebstrap says, after "I: ", of the parts that take long, and what a person is told.
var phases = []struct{ said, told string }{
	{"running apt-get update", "reading the list of packages"},
	{"downloading packages", "downloading packages"},
	{"extracting archives", "unpacking packages"},
	{"running --extract-hook", "setting up packages"},
	{"creating tarball", "importing it"},
}

// progress tells of the phases in mmdebstrap's output and keeps its end for an error message.
type progress struct {
	statusf func(string, ...any)
	name    string
	line    []byte
	tail    *bytes.Buffer
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
		for _, phase := range phases {
			if bytes.HasPrefix(p.line[:i], []byte("I: "+phase.said)) {
				p.statusf("image %s: %s", p.name, phase.told)
			}
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

// killBuilds ends the builds of an owner that is gone.
func killBuilds(dir string) {
	builds, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, build := range builds {
		killBuild(build)
	}
}

// killBuild ends the mmdebstrap of one build's directory, gently first: it unmounts what it mounted.
func killBuild(dir string) {
	data, _ := os.ReadFile(filepath.Join(dir, "pid"))
	pid, err := strconv.Atoi(string(data))
	if err != nil {
		return
	}
	environ, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if !bytes.Contains(environ, []byte("TMPDIR="+dir)) {
		return // the number belongs to another process now
	}
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if err := syscall.Kill(-pid, sig); errors.Is(err, syscall.ESRCH) {
			return
		}
		for range 50 {
			if syscall.Kill(-pid, 0) != nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
}

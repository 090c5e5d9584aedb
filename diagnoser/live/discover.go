package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/host/rootfs"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// commandLimit bounds a command that is only asked, such as nginx -V.
const commandLimit = 10 * time.Second

// Found is the nginx of this host. Fields that nothing tells are nginx's usual ones.
type Found struct {
	Master  int    // its PID; 0 where none runs
	Program string // the master's, as its own file system names it
	Version string
	Config  string // the main file
	Prefix  string
	Log     string // where it logs until the configuration says otherwise
}

// Find looks for the nginx whose file system is root, and asks its program what it was built with.
// One that does not run is found by its usual configuration file. The error says that there is neither.
func Find(ctx context.Context, root, proc string) (Found, error) {
	f := Found{Config: "/etc/nginx/nginx.conf", Prefix: "/etc/nginx", Log: "/var/log/nginx/error.log", Program: "/usr/sbin/nginx"}
	title := ""
	if f.Master, title = findMaster(root, proc); f.Master != 0 {
		if exe, err := os.Readlink(filepath.Join(proc, strconv.Itoa(f.Master), "exe")); err == nil {
			f.Program = strings.TrimSuffix(exe, " (deleted)")
		}
	}
	f.built(ctx, root)
	f.started(title)
	if _, err := rootfs.Walk(root, f.Config); err != nil && f.Master == 0 {
		return f, fmt.Errorf("no nginx runs here, for all that %s shows, and there is no %s: name the log, and the configuration by --config", proc, f.Config)
	}
	return f, nil
}

// findMaster returns the PID and the title of the first master whose root is that one.
func findMaster(root, proc string) (int, string) {
	if root == "" {
		root = "/"
	}
	want, err := os.Stat(root)
	if err != nil {
		return 0, ""
	}
	dirs, _ := filepath.Glob(filepath.Join(proc, "[0-9]*"))
	for _, dir := range dirs {
		text, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		title, ok := strings.CutPrefix(strings.ReplaceAll(string(text), "\x00", " "), "nginx: master process ")
		if err != nil || !ok {
			continue
		}
		own, err := os.Stat(filepath.Join(dir, "root") + "/")
		if pid, nerr := strconv.Atoi(filepath.Base(dir)); nerr == nil && (os.IsPermission(err) || err == nil && os.SameFile(own, want)) {
			return pid, title
		}
	}
	return 0, ""
}

var argument = regexp.MustCompile(`--(conf-path|prefix|error-log-path)=(\S+)`)

// built asks nginx -V, which only prints.
func (f *Found) built(ctx context.Context, root string) {
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, f.Program, "-V")
	if root != "" && root != "/" {
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
		cmd.Dir = "/"
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return
	}
	if _, v, ok := strings.Cut(string(out), "nginx/"); ok {
		f.Version = strings.Fields(v)[0]
	}
	for _, m := range argument.FindAllStringSubmatch(string(out), -1) {
		switch value := strings.Trim(m[2], `'"`); m[1] {
		case "conf-path":
			f.Config = value
		case "prefix":
			f.Prefix = value
		case "error-log-path":
			f.Log = value
		}
	}
}

// started reads the options with which the master was started: its title holds its command line.
func (f *Found) started(title string) {
	words := strings.Fields(title)
	for i, w := range words[:max(len(words)-1, 0)] {
		switch w {
		case "-p":
			f.Prefix = words[i+1]
		case "-c":
			f.Config = words[i+1]
		}
	}
	if !path.IsAbs(f.Config) {
		f.Config = path.Join(f.Prefix, f.Config)
	}
}

// Logs lists where a configuration writes its errors: files, as they are below root, and whether
// some go to the standard error stream or to syslog.
func (f *Found) Logs(root string, files []evidence.File) (paths []string, streamed bool) {
	targets := []string{}
	if config, err := nginx.ParseConfig(files); err == nil {
		for _, d := range config.Named("error_log") {
			targets = append(targets, d.Arg(0))
		}
	}
	if len(targets) == 0 {
		targets = []string{f.Log}
	}
	for _, t := range targets {
		switch {
		case t == "stderr" || strings.HasPrefix(t, "syslog:"):
			streamed = true
			continue
		case t == "/dev/null" || strings.HasPrefix(t, "memory:"):
			continue
		case !path.IsAbs(t):
			t = path.Join(f.Prefix, t)
		}
		if at, stream := logFile(root, t); stream {
			streamed = true
		} else if !slices.Contains(paths, at) {
			paths = append(paths, at)
		}
	}
	return paths, streamed
}

// logFile follows links below root, and tells a stream from a file: the images of nginx link the log to /dev/stderr.
func logFile(root, name string) (at string, stream bool) {
	if link, err := os.Readlink(filepath.Join(root, name)); err == nil && (link == "/dev/stderr" || link == "/dev/stdout" || strings.HasPrefix(link, "/proc/self/fd/")) {
		return "", true
	}
	if root == "" || root == "/" {
		return name, false
	}
	steps, err := rootfs.Walk(root, name)
	if err != nil || len(steps) == 0 {
		return filepath.Join(root, name), false
	}
	return filepath.Join(root, steps[len(steps)-1].Path), false
}

// streamMax bounds what is kept of a log that a command prints.
const streamMax = 16 << 20

var containerID = regexp.MustCompile(`[0-9a-f]{64}`)

// Streamed reads what nginx wrote to its standard error stream or to syslog: from the log of its container, else
// from the journal. The error says what could not be asked.
func (f *Found) Streamed(ctx context.Context, proc string) (evidence.Log, error) {
	group, _ := os.ReadFile(filepath.Join(proc, strconv.Itoa(f.Master), "cgroup"))
	words := []string{"journalctl", "-u", "nginx", "-o", "cat", "-n", "50000", "--no-pager"}
	if id := containerID.FindString(string(group)); id != "" {
		words = []string{"docker", "logs", "--tail", "50000", id[:12]}
	}
	name := strings.Join(words, " ")
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	out, err := exec.CommandContext(ctx, words[0], words[1:]...).CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return evidence.Log{}, fmt.Errorf("%s: no such program here", name)
	} else if err != nil {
		return evidence.Log{}, fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(string(out[:min(len(out), 200)])))
	}
	return evidence.Log{Name: name, Text: string(out[max(0, len(out)-streamMax):])}, nil
}

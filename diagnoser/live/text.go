package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/host/rootfs"
)

// textMax bounds what one source gives; of a log it is the end that counts.
const textMax = 1 << 20

// spot is where the sources read: the proxy's file system, and procfs and sysfs of the machine.
type spot struct {
	root, proc, sys string
	master          int
	processes       []evidence.Process
}

// source reads one thing of the host, in the form in which the command that people know prints it. What could not
// be read is told to unread, with the right with which it could.
type source func(ctx context.Context, p spot, unread func(what string, err error, needs string)) []evidence.Log

// sources by the name that narrows a collection.
var sources = map[string]source{}

func register(name string, s source) bool {
	if _, ok := sources[name]; ok {
		panic("live: two sources " + name)
	}
	sources[name] = s
	return true
}

// TextSources are the names of all sources beside those of package host, sorted.
func TextSources() []string { return slices.Sorted(maps.Keys(sources)) }

// TextOptions say where to read, and which sources; empty Sources are all.
type TextOptions struct {
	Root, Proc string // as in Options
	Sources    []string
	Master     int                // nginx's master, 0 when none runs
	Processes  []evidence.Process // of the host
}

// Texts reads what other files and commands of the host tell: security modules, the kernel's log, limits, memory
// limits, pools of php-fpm, units. Nothing is changed; what is absent is left out in silence.
func Texts(ctx context.Context, o TextOptions) (all []evidence.Log, unread []evidence.Unread) {
	p := spot{root: o.Root, proc: o.Proc, sys: "/sys", master: o.Master, processes: o.Processes}
	for _, name := range TextSources() {
		if len(o.Sources) > 0 && !slices.Contains(o.Sources, name) || ctx.Err() != nil {
			continue
		}
		all = append(all, sources[name](ctx, p, func(what string, err error, needs string) {
			if errors.Is(err, fs.ErrNotExist) {
				return
			}
			if !errors.Is(err, fs.ErrPermission) {
				needs = ""
			}
			unread = append(unread, evidence.Unread{Source: what, Why: err.Error(), Needs: needs})
		})...)
	}
	return all, unread
}

// file reads a text below the root, its end where it is long.
func (p spot) file(name string) (string, error) {
	f, err := rootfs.Open(p.root, name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > textMax {
		if _, err := f.Seek(-textMax, io.SeekEnd); err != nil {
			return "", err
		}
	}
	text, err := io.ReadAll(io.LimitReader(f, textMax))
	return string(text), err
}

// lines keeps those lines of a text that hold one of some words, the last ones where they are many.
func lines(text string, max int, words ...string) string {
	var kept []string
	for line := range strings.Lines(text) {
		if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(line, w) }) {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept[len(kept)-min(len(kept), max):], "")
}

func some(name, text string) []evidence.Log {
	if text == "" {
		return nil
	}
	return []evidence.Log{{Name: name, Text: text}}
}

var _ = register("selinux", func(_ context.Context, p spot, unread func(string, error, string)) (all []evidence.Log) {
	mode, err := os.ReadFile(filepath.Join(p.sys, "fs/selinux/enforce"))
	if err != nil {
		unread("SELinux's mode", err, "root")
	} else {
		all = some("getenforce", "$ getenforce\n"+map[string]string{"0": "Permissive", "1": "Enforcing"}[strings.TrimSpace(string(mode))]+"\n")
	}
	found, _ := filepath.Glob(filepath.Join(p.sys, "fs/selinux/booleans/httpd_*"))
	text := ""
	for _, path := range found {
		value, err := os.ReadFile(path) // "1 1": what holds, and what is pending
		if err != nil {
			unread("SELinux's booleans", err, "root")
			break
		}
		text += fmt.Sprintf("%s --> %s\n", filepath.Base(path), map[bool]string{true: "on", false: "off"}[bytes.HasPrefix(value, []byte("1"))])
	}
	if text != "" {
		all = append(all, some("getsebool -a", "$ getsebool -a\n"+text)...)
	}
	return all
})

var _ = register("audit", func(_ context.Context, p spot, unread func(string, error, string)) []evidence.Log {
	const name = "/var/log/audit/audit.log"
	text, err := p.file(name)
	if err != nil {
		unread(name, err, "root")
	}
	return some(name, lines(text, 200, "avc:  denied", `apparmor="DENIED"`))
})

var _ = register("limits", func(_ context.Context, p spot, unread func(string, error, string)) []evidence.Log {
	for _, pr := range p.processes {
		if pr.PPID == p.master && p.master != 0 && strings.TrimSpace(pr.Command) == "nginx: worker process" { // not one that ends, by older limits
			name := filepath.Join(p.proc, fmt.Sprint(pr.PID), "limits")
			text, err := os.ReadFile(name)
			if err != nil {
				unread(name, err, "root")
			}
			return some(name, lines(string(text), 1, "Max open files"))
		}
	}
	return nil
})

// fpmFiles are where distributions and images keep the pools of php-fpm.
var fpmFiles = []string{"/etc/php/*/fpm/pool.d/*.conf", "/etc/php-fpm.d/*.conf", "/etc/php/php-fpm.d/*.conf", "/etc/php*/php-fpm.d/*.conf", "/usr/local/etc/php-fpm.d/*.conf"}

var _ = register("php-fpm", func(_ context.Context, p spot, unread func(string, error, string)) (all []evidence.Log) {
	for _, pattern := range fpmFiles {
		found, err := rootfs.Glob(p.root, pattern)
		if err != nil {
			unread(pattern, err, "root")
		}
		for _, name := range found {
			text, err := p.file(name)
			if err != nil {
				unread(name, err, "root")
			}
			all = append(all, some(name, text)...)
		}
	}
	return all
})

// servers are programs whose command line says where they listen and how long they wait.
var servers = []string{"gunicorn", "uvicorn", "hypercorn", "daphne", "uwsgi", "puma", "unicorn", "waitress", "manage.py runserver", "flask run", "php -S"}

var _ = register("commands", func(_ context.Context, p spot, _ func(string, error, string)) []evidence.Log {
	var text strings.Builder
	told := map[string]bool{}
	for _, pr := range p.processes {
		if !told[pr.Command] && slices.ContainsFunc(servers, func(s string) bool { return strings.Contains(pr.Command, s) }) {
			told[pr.Command] = true
			fmt.Fprintln(&text, pr.Command)
		}
	}
	return some("command lines of processes", text.String())
})

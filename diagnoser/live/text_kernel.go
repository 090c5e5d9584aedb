package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// kernelAge is how old a message of the kernel may be: what happened long before the failures says nothing of them.
const kernelAge = 24 * time.Hour

var _ = register("kernel-log", func(ctx context.Context, _ spot, unread func(string, error, string)) []evidence.Log {
	text, err := kernelLog(ctx)
	if err != nil {
		unread("the kernel's log", err, "root, or CAP_SYSLOG where kernel.dmesg_restrict is 1")
	}
	return some("dmesg", text)
})

// kernelLog reads /dev/kmsg to its present end: "priority,sequence,microseconds,flags;message" (dev-kmsg of the kernel's
// documentation). It is the machine's, also in a container.
func kernelLog(ctx context.Context) (string, error) {
	fd, err := unix.Open("/dev/kmsg", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", &os.PathError{Op: "open", Path: "/dev/kmsg", Err: err}
	}
	defer unix.Close(fd)
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return "", err
	}
	var out strings.Builder
	record := make([]byte, 8<<10)
	for ctx.Err() == nil && out.Len() < textMax {
		n, err := unix.Read(fd, record)
		switch {
		case errors.Is(err, unix.EPIPE): // it was overwritten meanwhile: the next one follows
			continue
		case errors.Is(err, unix.EAGAIN):
			return out.String(), nil
		case err != nil:
			return out.String(), &os.PathError{Op: "read", Path: "/dev/kmsg", Err: err}
		}
		if line := kernelLine(string(record[:n]), time.Duration(now.Nano())); line != "" {
			fmt.Fprintln(&out, line)
		}
	}
	return out.String(), ctx.Err()
}

// kernelLine prints a record as dmesg does, "" for one that is too old.
func kernelLine(record string, now time.Duration) string {
	head, message, _ := strings.Cut(record, ";")
	message, _, _ = strings.Cut(message, "\n")
	field := strings.Split(head, ",")
	if len(field) < 3 {
		return ""
	}
	us, err := strconv.ParseInt(field[2], 10, 64)
	at := time.Duration(us) * time.Microsecond
	if err != nil || now-at > kernelAge {
		return ""
	}
	return fmt.Sprintf("[%12.6f] %s", at.Seconds(), message)
}

// memoryKilled is how the kernel's own log calls it (mm/oom_kill.c).
const memoryKilled = "oom-kill: "

// cgroup says which services had a process killed at their memory limit: memory.events of cgroup v2 counts them.
var _ = register("cgroup", func(_ context.Context, p spot, unread func(string, error, string)) []evidence.Log {
	var groups []string
	for _, pr := range p.processes {
		text, err := os.ReadFile(filepath.Join(p.proc, strconv.Itoa(pr.PID), "cgroup"))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if name, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok && name != "/" && !slices.Contains(groups, name) {
				groups = append(groups, name)
			}
		}
	}
	var out strings.Builder
	for _, name := range groups {
		file := filepath.Join(p.sys, "fs/cgroup", name, "memory.events")
		text, err := os.ReadFile(file)
		if err != nil {
			unread(file, err, "root")
		}
		for line := range strings.Lines(string(text)) {
			if n, ok := strings.CutPrefix(strings.TrimSpace(line), "oom_kill "); ok && n != "0" {
				fmt.Fprintf(&out, "%sthe kernel ended %s processes of %s at its memory limit (%s)\n", memoryKilled, n, name, file)
			}
		}
	}
	return some("memory.events", out.String())
})

// sysctls are the kernel's settings that a diagnosis may want.
var sysctls = []string{"net.core.somaxconn", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_max_syn_backlog", "net.ipv4.tcp_tw_reuse", "net.ipv4.tcp_abort_on_overflow",
	"net.netfilter.nf_conntrack_count", "net.netfilter.nf_conntrack_max", "fs.file-max", "net.ipv6.conf.all.disable_ipv6"}

var _ = register("sysctl", func(_ context.Context, p spot, unread func(string, error, string)) []evidence.Log {
	var out strings.Builder
	for _, name := range sysctls {
		text, err := os.ReadFile(filepath.Join(p.proc, "sys", strings.ReplaceAll(name, ".", "/")))
		if err != nil {
			unread("sysctl "+name, err, "root")
			continue
		}
		fmt.Fprintf(&out, "%s = %s\n", name, strings.TrimSpace(string(text)))
	}
	return some("sysctl", out.String())
})

// unitNames are the services that nginx passes to, by the names that distributions and people give them.
var unitNames = []string{"nginx*", "php*", "gunicorn*", "uwsgi*", "puma*", "uvicorn*", "node*", "apache2*", "httpd*"}

// units asks systemd of the services: their states, and what confines those that are there.
var _ = register("units", func(ctx context.Context, p spot, unread func(string, error, string)) []evidence.Log {
	if _, err := os.Stat("/run/systemd/system"); err != nil || p.root != "" && p.root != "/" {
		return nil // the machine is not systemd's, or the proxy lives in another
	}
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	list, err := exec.CommandContext(ctx, "systemctl", append([]string{"list-units", "--all", "--plain", "--no-legend", "--no-pager"}, unitNames...)...).Output()
	if err != nil {
		unread("systemctl list-units", err, "root")
		return nil
	}
	text := "$ systemctl list-units --all\n" + string(list)
	for line := range strings.Lines(string(list)) {
		name := strings.Fields(line)
		if len(name) == 0 || !strings.HasSuffix(name[0], ".service") {
			continue
		}
		shown, err := exec.CommandContext(ctx, "systemctl", "show", "-p", "PrivateNetwork,RestrictAddressFamilies,IPAddressDeny,LimitNOFILE,ProtectHome,NRestarts", name[0]).Output()
		if err == nil {
			text += name[0] + "\n" + string(shown)
		}
	}
	return some("systemctl", text)
})

package host

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"golang.org/x/sys/unix"
)

// commandLimit bounds the command line of one process; it is for people to read.
const commandLimit = 4096

func (c *collector) processes() {
	pids, err := c.pids()
	if err == nil && len(pids) == 0 {
		err = fmt.Errorf("%s shows no process", c.opts.Proc)
	}
	if err != nil {
		c.unread("processes", err, "")
		return
	}
	for _, pid := range pids {
		p, err := c.process(pid)
		switch {
		case err == nil:
			c.host.Processes = append(c.host.Processes, p)
		case !gone(err):
			c.unread(fmt.Sprintf("process %d", pid), err, "CAP_SYS_PTRACE")
		}
	}
}

// gone tells that a process ended while it was looked at.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH)
}

func (c *collector) process(pid int) (evidence.Process, error) {
	dir := filepath.Join(c.opts.Proc, strconv.Itoa(pid))
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return evidence.Process{}, err
	}
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return evidence.Process{}, err
	}
	p, err := ParseStat(string(stat))
	if err != nil {
		return p, err
	}
	if err := parseStatus(string(status), &p); err != nil {
		return p, err
	}
	p.PID, p.Started = pid, c.started(string(stat))
	p.User, p.Group = c.names.users[p.UID], c.names.groups[p.GID]
	command, err := os.ReadFile(filepath.Join(dir, "cmdline"))
	if err != nil && !gone(err) {
		return p, err
	}
	command = bytes.TrimRight(command[:min(len(command), commandLimit)], "\x00")
	p.Command = string(bytes.ReplaceAll(command, []byte{0}, []byte{' '}))
	return p, nil
}

// ParseStat reads name, state and parent from /proc/PID/stat. The name stands in
// parentheses and may hold some itself, so the last one ends it (proc_pid_stat(5)).
func ParseStat(stat string) (evidence.Process, error) {
	open, end := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return evidence.Process{}, fmt.Errorf("parse stat: no name in %q", stat)
	}
	field := strings.Fields(stat[end+1:])
	if len(field) < 2 {
		return evidence.Process{}, fmt.Errorf("parse stat: too short: %q", stat)
	}
	ppid, err := strconv.Atoi(field[1])
	if err != nil {
		return evidence.Process{}, fmt.Errorf("parse stat: parent: %w", err)
	}
	return evidence.Process{Name: stat[open+1 : end], State: field[0], PPID: ppid}, nil
}

const (
	// startField is that of the start time in /proc/PID/stat, counted from the state, which is the third of all.
	startField = 22 - 3
	// clockTick is the unit of times in procfs, USER_HZ, which is 100 on every architecture that Go knows.
	clockTick = 10 * time.Millisecond
)

// started reads when a process began, in clock ticks since boot; zero where that cannot be known.
func (c *collector) started(stat string) time.Time {
	field := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(field) <= startField || c.booted.IsZero() {
		return time.Time{}
	}
	ticks, err := strconv.ParseInt(field[startField], 10, 64)
	if err != nil {
		return time.Time{}
	}
	return c.booted.Add(time.Duration(ticks) * clockTick).Round(clockTick)
}

// bootTime is when the machine began, by its clock as it stands now; zero where the kernel does not tell.
func bootTime() time.Time {
	var since unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &since); err != nil {
		return time.Time{}
	}
	return time.Now().Round(0).Add(-time.Duration(since.Nano()))
}

// parseStatus reads the effective IDs, the second of four, and the groups.
func parseStatus(status string, p *evidence.Process) error {
	for line := range strings.Lines(status) {
		key, value, _ := strings.Cut(line, ":")
		var err error
		switch key {
		case "Uid":
			p.UID, err = second(value)
		case "Gid":
			p.GID, err = second(value)
		case "Groups":
			p.Groups, err = ids(strings.Fields(value))
		}
		if err != nil {
			return fmt.Errorf("parse status: %s: %w", key, err)
		}
	}
	return nil
}

func second(value string) (uint32, error) {
	all, err := ids(strings.Fields(value))
	if err != nil {
		return 0, err
	}
	if len(all) < 2 {
		return 0, fmt.Errorf("want 4 IDs, got %q", value)
	}
	return all[1], nil
}

func ids(fields []string) ([]uint32, error) {
	var out []uint32
	for _, f := range fields {
		id, err := strconv.ParseUint(f, 10, 32)
		if err != nil {
			return nil, err
		}
		out = append(out, uint32(id))
	}
	return out, nil
}

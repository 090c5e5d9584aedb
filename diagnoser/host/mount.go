package host

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// mounts maps mount IDs of the proxy's mount namespace to the device of their file
// system. unix_diag shows that device; stat(2) shows others on overlayfs and btrfs.
// Without it the devices of stat are used.
func (c *collector) mounts() map[uint64]uint64 {
	text, err := os.ReadFile(c.mountInfo())
	if err != nil {
		return nil
	}
	return parseMounts(string(text))
}

// mountInfo is that of the process whose root is looked at: /proc/PID/root, or our own.
func (c *collector) mountInfo() string {
	if dir, last := filepath.Split(filepath.Clean(c.opts.Root)); last == "root" {
		if _, err := strconv.Atoi(filepath.Base(dir)); err == nil {
			return filepath.Join(dir, "mountinfo")
		}
	}
	return "/proc/thread-self/mountinfo"
}

// parseMounts reads proc_pid_mountinfo(5): "ID parent major:minor root point …".
func parseMounts(text string) map[uint64]uint64 {
	out := map[uint64]uint64{}
	for line := range strings.Lines(text) {
		field := strings.Fields(line)
		if len(field) < 3 {
			continue
		}
		major, minor, _ := strings.Cut(field[2], ":")
		id, err1 := strconv.ParseUint(field[0], 10, 64)
		ma, err2 := strconv.ParseUint(major, 10, 32)
		mi, err3 := strconv.ParseUint(minor, 10, 32)
		if err1 == nil && err2 == nil && err3 == nil {
			out[id] = unix.Mkdev(uint32(ma), uint32(mi))
		}
	}
	return out
}

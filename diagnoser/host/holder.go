package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// socketHolders maps each socket inode to the process that is reported for it. Of
// several, as with a server that forked its workers, that is the eldest: one whose
// parent does not hold the socket, and of those the lowest PID.
func (c *collector) socketHolders() map[uint64]int {
	all := map[uint64][]int{}
	hidden := 0
	var why error
	for _, p := range c.host.Processes {
		inodes, err := c.sockets(p.PID)
		if err != nil && !gone(err) {
			hidden++
			why = err
		}
		for _, inode := range inodes {
			all[inode] = append(all[inode], p.PID)
		}
	}
	if hidden > 0 {
		c.unread(fmt.Sprintf("open files of %d processes", hidden), why, "CAP_SYS_PTRACE")
	}
	return c.eldest(all)
}

func (c *collector) eldest(all map[uint64][]int) map[uint64]int {
	parent := map[int]int{}
	for _, p := range c.host.Processes {
		parent[p.PID] = p.PPID
	}
	out := map[uint64]int{}
	for inode, pids := range all {
		out[inode] = pids[0]
		for _, pid := range pids {
			if !slices.Contains(pids, parent[pid]) {
				out[inode] = pid
				break
			}
		}
	}
	return out
}

func (c *collector) sockets(pid int) ([]uint64, error) {
	dir := filepath.Join(c.opts.Proc, strconv.Itoa(pid), "fd")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []uint64
	for _, e := range entries {
		link, err := os.Readlink(filepath.Join(dir, e.Name()))
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			return out, err
		}
		if inode, ok := socketInode(link); ok && !slices.Contains(out, inode) {
			out = append(out, inode)
		}
	}
	return out, nil
}

// socketInode reads "socket:[12345]", as procfs shows a descriptor of a socket.
func socketInode(link string) (uint64, bool) {
	number, ok := strings.CutPrefix(link, "socket:[")
	if !ok {
		return 0, false
	}
	inode, err := strconv.ParseUint(strings.TrimSuffix(number, "]"), 10, 64)
	return inode, err == nil
}

func (c *collector) addListener(l evidence.Listener) {
	if slices.Contains(c.opts.Ignore, l.Inode) {
		return
	}
	l.PID = c.holders[l.Inode]
	for _, p := range c.host.Processes {
		if p.PID == l.PID {
			l.Process = p.Name
		}
	}
	c.host.Listeners = append(c.host.Listeners, l)
}

package host

import (
	"errors"
	"io/fs"
	"slices"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/host/rootfs"
	"golang.org/x/sys/unix"
)

func (c *collector) paths() {
	if len(c.question.Paths) == 0 {
		return
	}
	mounts := c.mounts()
	for _, name := range c.question.Paths {
		steps, err := rootfs.Walk(c.opts.Root, name)
		p := evidence.Path{Path: name}
		for _, s := range steps {
			p.Nodes = append(p.Nodes, c.node(s, mounts))
		}
		var at *fs.PathError
		switch {
		case err == nil || errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENOTDIR):
		case errors.Is(err, fs.ErrNotExist) && errors.As(err, &at) && len(steps) > 0:
			p.Nodes = append(p.Nodes, evidence.PathNode{Path: at.Path, Kind: "missing"})
		default:
			c.unread("path "+name, err, "CAP_DAC_READ_SEARCH")
		}
		if len(p.Nodes) > 0 {
			c.join(&p.Nodes[len(p.Nodes)-1])
			c.host.Paths = append(c.host.Paths, p)
		}
	}
}

func (c *collector) node(s rootfs.Step, mounts map[uint64]uint64) evidence.PathNode {
	n := evidence.PathNode{
		Path:   s.Path,
		Kind:   kind(s.Kind()),
		Mode:   mode(s.Stat.Mode),
		UID:    s.Stat.Uid,
		GID:    s.Stat.Gid,
		User:   c.names.users[s.Stat.Uid],
		Group:  c.names.groups[s.Stat.Gid],
		Inode:  s.Stat.Ino,
		Device: unix.Mkdev(s.Stat.Dev_major, s.Stat.Dev_minor),
	}
	if dev, ok := mounts[s.Stat.Mnt_id]; ok && s.Stat.Mask&unix.STATX_MNT_ID != 0 {
		n.Device = dev
	}
	return n
}

func kind(bits uint16) string {
	switch bits {
	case unix.S_IFDIR:
		return "directory"
	case unix.S_IFSOCK:
		return "socket"
	case unix.S_IFREG:
		return "file"
	case unix.S_IFLNK:
		return "symlink"
	}
	return "other"
}

// mode keeps the permission bits, with setuid, setgid and sticky as Go spells them.
func mode(bits uint16) fs.FileMode {
	m := fs.FileMode(bits & 0o777)
	for bit, goBit := range map[uint16]fs.FileMode{
		unix.S_ISUID: fs.ModeSetuid, unix.S_ISGID: fs.ModeSetgid, unix.S_ISVTX: fs.ModeSticky,
	} {
		if bits&bit != 0 {
			m |= goBit
		}
	}
	return m
}

// join makes the listener bound to a socket file carry that file's inode and device
// exactly, so that the two compare by ==. unix_diag shows only the low 32 bits of the
// inode; and where the mount is not known, stat's device of a file on overlayfs or
// btrfs is not that of the mount, so the inode and the bound name must do.
func (c *collector) join(n *evidence.PathNode) {
	if n.Kind != "socket" {
		return
	}
	same := func(l evidence.Listener) bool {
		return l.Network == "unix" && l.FileInode != 0 && uint32(l.FileInode) == uint32(n.Inode)
	}
	i := slices.IndexFunc(c.host.Listeners, func(l evidence.Listener) bool {
		return same(l) && l.FileDevice == n.Device
	})
	if i < 0 {
		i = slices.IndexFunc(c.host.Listeners, func(l evidence.Listener) bool {
			return same(l) && l.Address == n.Path
		})
	}
	if i >= 0 {
		c.host.Listeners[i].FileInode, c.host.Listeners[i].FileDevice = n.Inode, n.Device
	}
}

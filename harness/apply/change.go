package apply

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/badgateway/badgateway/diagnoser/host/rootfs"
)

// mark stands in the names of temporary files and backups. They begin with a dot, so that an
// include with a wildcard does not take them for configuration (glob(3)).
const mark = ".badgateway-"

// change is one file on its way from one text to another.
type change struct {
	path, real    string // as the configuration names it; where it is
	before, after []byte
	backup        string
	written       bool
	done          bool // it holds the text after the edits already
}

func newChange(root, path string, before, after []byte) (*change, error) {
	real, err := realPath(root, path)
	if err != nil {
		return nil, err
	}
	c := &change{path: path, real: real, before: before, after: after}
	now, err := os.ReadFile(real)
	switch {
	case err != nil:
		return nil, err
	case bytes.Equal(now, after):
		c.done = true
	case !bytes.Equal(now, before):
		return nil, fmt.Errorf("%s: %w", path, ErrChanged)
	}
	return c, nil
}

// realPath follows symbolic links, within root where there is one.
func realPath(root, path string) (string, error) {
	if root == "" || root == "/" {
		return filepath.EvalSymlinks(path)
	}
	steps, err := rootfs.Walk(root, path)
	if err != nil {
		return "", err
	}
	return filepath.Join(root, steps[len(steps)-1].Path), nil
}

func (c *change) name(stamp string) string {
	return filepath.Join(filepath.Dir(c.real), "."+filepath.Base(c.real)+mark+stamp)
}

// Backups lists what earlier runs kept of a file, the newest first.
func Backups(root, path string) []string {
	real, err := realPath(root, path)
	if err != nil {
		return nil
	}
	entries, _ := os.ReadDir(filepath.Dir(real))
	var found []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "."+filepath.Base(real)+mark) {
			found = append(found, filepath.Join(filepath.Dir(real), e.Name()))
		}
	}
	slices.Sort(found)
	slices.Reverse(found)
	return found
}

// write keeps the present file as the backup and puts the new text in its place, with the same
// mode, owner and extended attributes. The path holds the whole of one text or of the other at any moment.
func (c *change) write(stamp string, inPlace bool) error {
	if now, err := os.ReadFile(c.real); err != nil || !bytes.Equal(now, c.before) {
		return errors.Join(err, fmt.Errorf("%s: %w", c.path, ErrChanged))
	}
	backup := c.name(stamp)
	if inPlace {
		if err := copyFile(c.real, backup, c.before); err != nil {
			return err
		}
		c.backup, c.written = backup, true
		return overwrite(c.real, c.after)
	}
	fresh := backup + ".new"
	if err := copyFile(c.real, fresh, c.after); err != nil {
		return err
	}
	// The backup is the former file itself: nothing of it is lost, and a rename brings it back.
	if err := os.Link(c.real, backup); err != nil {
		if err := copyFile(c.real, backup, c.before); err != nil {
			return errors.Join(err, os.Remove(fresh))
		}
	}
	if err := os.Rename(fresh, c.real); err != nil {
		err = errors.Join(err, os.Remove(fresh), os.Remove(backup))
		if errors.Is(err, unix.EBUSY) {
			return fmt.Errorf("%w; the file is mounted by itself: use --in-place", err)
		}
		return err
	}
	c.backup, c.written = backup, true
	return syncDir(filepath.Dir(c.real))
}

// restore brings the former file back, byte for byte.
func (c *change) restore(inPlace bool) error {
	if inPlace {
		if err := overwrite(c.real, c.before); err != nil {
			return err
		}
		return os.Remove(c.backup)
	}
	if err := os.Rename(c.backup, c.real); err != nil {
		return err
	}
	return syncDir(filepath.Dir(c.real))
}

func overwrite(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// copyFile makes a new file with a text and all else as another one has it.
func copyFile(like, path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = sameAs(f, like)
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

func sameAs(f *os.File, like string) error {
	info, err := os.Stat(like)
	if err != nil {
		return err
	}
	own, err := f.Stat()
	if err != nil {
		return err
	}
	a, b := info.Sys().(*syscall.Stat_t), own.Sys().(*syscall.Stat_t)
	if a.Uid != b.Uid || a.Gid != b.Gid {
		if err := f.Chown(int(a.Uid), int(a.Gid)); err != nil {
			return err
		}
	}
	if err := f.Chmod(info.Mode() & (fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky)); err != nil {
		return err
	}
	return copyAttributes(f, like)
}

// copyAttributes copies extended attributes, among them ACLs and the SELinux label (xattr(7)).
func copyAttributes(f *os.File, like string) error {
	list := make([]byte, 64<<10)
	n, err := unix.Listxattr(like, list)
	if errors.Is(err, unix.ENOTSUP) {
		return nil
	} else if err != nil {
		return os.NewSyscallError("listxattr "+like, err)
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(list[:n]), "\x00"), "\x00") {
		if name == "" {
			continue
		}
		value := make([]byte, 64<<10)
		size, err := unix.Getxattr(like, name, value)
		if err == nil {
			err = unix.Fsetxattr(int(f.Fd()), name, value[:size], 0)
		}
		if err != nil {
			return os.NewSyscallError("copy attribute "+name, err)
		}
	}
	return nil
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		err = nil // a file system that does not sync folders
	}
	return errors.Join(err, f.Close())
}

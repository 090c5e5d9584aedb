// Package rootfs reads files as the proxy sees them: below a root such as
// /proc/PID/root, with every symbolic link resolved inside that root and never
// outside of it.
package rootfs

import (
	"io/fs"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// maxLinks is the kernel's own bound on symbolic links in one path (MAXSYMLINKS).
const maxLinks = 40

// Step is one component met on the way to a path. A symbolic link is a step of its
// own, followed by the steps of what it points to.
type Step struct {
	Path string // as seen from the root, links above it resolved
	Stat unix.Statx_t
	Link string // the target, of a symbolic link
}

// Kind is the file type bits of the step's mode (unix.S_IFDIR, unix.S_IFLNK, …).
func (s Step) Kind() uint16 { return s.Stat.Mode & unix.S_IFMT }

// Walk looks at each component of name in turn, beginning with "/". The steps up to
// a failure are returned with it, an *fs.PathError that names the component:
// ENOENT where it is missing, ENOTDIR below a file, ELOOP, EACCES.
func Walk(root, name string) ([]Step, error) {
	w, err := walk(root, name)
	defer w.close()
	return w.steps, err
}

// walker holds one O_PATH descriptor for each directory from the root to where it
// stands, so that ".." never asks the kernel and cannot leave the root.
type walker struct {
	stack []dir
	steps []Step
	links int
}

type dir struct {
	fd   int
	path string
}

func walk(root, name string) (*walker, error) {
	w := &walker{}
	if root == "" {
		root = "/"
	}
	fd, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return w, &fs.PathError{Op: "open root", Path: root, Err: err}
	}
	w.stack = append(w.stack, dir{fd: fd, path: "/"})
	if err := w.look(fd, "/"); err != nil {
		return w, err
	}
	return w, w.follow(split(name))
}

func (w *walker) follow(names []string) error {
	for len(names) > 0 {
		name, rest := names[0], names[1:]
		if name == ".." {
			w.up()
			names = rest
			continue
		}
		target, err := w.down(name)
		if err != nil {
			return err
		}
		if target != "" {
			if w.links++; w.links > maxLinks {
				return &fs.PathError{Op: "walk", Path: w.last().Path, Err: unix.ELOOP}
			}
			if path.IsAbs(target) {
				w.toRoot()
			}
			rest = append(split(target), rest...)
		}
		names = rest
	}
	return nil
}

// down looks at one component of the directory on top of the stack and enters it.
// It answers the target of a symbolic link, which is not entered.
func (w *walker) down(name string) (target string, err error) {
	top := w.stack[len(w.stack)-1]
	full := path.Join(top.path, name)
	fd, err := unix.Openat(top.fd, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", &fs.PathError{Op: "walk", Path: full, Err: err}
	}
	if err := w.look(fd, full); err != nil {
		_ = unix.Close(fd)
		return "", err
	}
	step := w.last()
	if step.Kind() != unix.S_IFLNK {
		w.stack = append(w.stack, dir{fd: fd, path: full})
		return "", nil
	}
	defer unix.Close(fd)
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(fd, "", buf)
	if err != nil {
		return "", &fs.PathError{Op: "readlink", Path: full, Err: err}
	}
	step.Link = string(buf[:n])
	return step.Link, nil
}

func (w *walker) look(fd int, full string) error {
	var st unix.Statx_t
	const want = unix.STATX_BASIC_STATS | unix.STATX_MNT_ID
	if err := unix.Statx(fd, "", unix.AT_EMPTY_PATH|unix.AT_SYMLINK_NOFOLLOW, want, &st); err != nil {
		return &fs.PathError{Op: "stat", Path: full, Err: err}
	}
	w.steps = append(w.steps, Step{Path: full, Stat: st})
	return nil
}

func (w *walker) last() *Step { return &w.steps[len(w.steps)-1] }

func (w *walker) up() {
	if n := len(w.stack); n > 1 {
		_ = unix.Close(w.stack[n-1].fd)
		w.stack = w.stack[:n-1]
	}
}

func (w *walker) toRoot() {
	for len(w.stack) > 1 {
		w.up()
	}
}

func (w *walker) close() {
	for _, d := range w.stack {
		_ = unix.Close(d.fd)
	}
	w.stack = nil
}

func split(name string) []string {
	var out []string
	for part := range strings.SplitSeq(name, "/") {
		if part != "" && part != "." {
			out = append(out, part)
		}
	}
	return out
}

// Open opens a file for reading. What is not a regular file is refused: reading a
// FIFO or a terminal would wait, and take from it what another reader waits for.
func Open(root, name string) (*os.File, error) {
	w, err := walk(root, name)
	defer w.close()
	if err != nil {
		return nil, err
	}
	if w.last().Kind() != unix.S_IFREG {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errNotRegular}
	}
	at := w.stack[len(w.stack)-1]
	parent := w.stack[len(w.stack)-2]
	flags := unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC
	fd, err := unix.Openat(parent.fd, path.Base(at.path), flags, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}

package rootfs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

var errNotRegular = errors.New("not a regular file")

// ReadFile reads a whole file below root.
func ReadFile(root, name string) ([]byte, error) {
	f, err := Open(root, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// Glob lists what matches a pattern below root, sorted, as glob(3) does for nginx's
// include: a wildcard does not match a leading dot, and a pattern without any wildcard
// is answered as it stands, whether the file exists or not.
func Glob(root, pattern string) ([]string, error) {
	if !strings.ContainsAny(pattern, `*?[`) {
		return []string{pattern}, nil
	}
	found := []string{"/"}
	for _, part := range split(pattern) {
		var next []string
		for _, at := range found {
			names, err := match(root, at, part)
			if err != nil {
				return nil, err
			}
			next = append(next, names...)
		}
		found = next
	}
	slices.Sort(found)
	return found, nil
}

func match(root, at, part string) ([]string, error) {
	if !strings.ContainsAny(part, `*?[`) {
		name := path.Join(at, part)
		if _, err := Walk(root, name); errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
			return nil, nil
		}
		return []string{name}, nil
	}
	entries, err := readDir(root, at)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		ok, err := path.Match(part, e)
		if err != nil {
			return nil, &fs.PathError{Op: "glob", Path: part, Err: err}
		}
		if ok && (e[0] != '.' || part[0] == '.') {
			out = append(out, path.Join(at, e))
		}
	}
	return out, nil
}

func readDir(root, name string) ([]string, error) {
	w, err := walk(root, name)
	defer w.close()
	if err != nil {
		return nil, err
	}
	top := w.stack[len(w.stack)-1]
	fd, err := unix.Openat(top.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	return f.Readdirnames(-1)
}

package sidecar

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// snapshot is a container's file system as it was when it was ready for the first time. Every name
// in it is known by what lstat(2) says. The text is kept of files that a drill may change: small
// ones in the folders below, and whatever the sidecar itself is about to write.
type snapshot struct {
	root    string
	entries map[string]entry  // by the path below root
	texts   map[string][]byte // of regular files
}

// entry is what decides whether a file is as it was. Every write and every chmod(2) sets ctime.
type entry struct {
	mode         fs.FileMode
	uid, gid     uint32
	size         int64
	mtime, ctime int64 // nanoseconds since 1970
}

// changing are the folders in which proxies keep their configuration, their logs and their process id.
var changing = []string{"/etc/nginx", "/var/log/nginx", "/run"}

// keptText is up to which size a file's text is kept, in bytes.
const keptText = 256 << 10

// outside are no part of a container's own file system: the kernel's, what all containers of the
// pod share, and what a backend's supervisor reads.
var outside = append([]string{"/proc", "/sys", "/dev", backendDir}, sharedFiles...)

func takeSnapshot(root string) (*snapshot, error) {
	s := &snapshot{root: root, entries: map[string]entry{}, texts: map[string][]byte{}}
	err := s.walk(func(path string, e entry) error {
		s.entries[path] = e
		if slices.ContainsFunc(changing, func(dir string) bool { return strings.HasPrefix(path, dir+"/") }) {
			return s.keep(path, e)
		}
		return nil
	})
	return s, err
}

// keep keeps the text of a file.
func (s *snapshot) keep(path string, e entry) (err error) {
	if e.mode.IsRegular() && e.size <= keptText {
		s.texts[path], err = os.ReadFile(s.root + path)
	}
	return err
}

// remember keeps the text of a file that is about to be changed, if it is as it was.
func (s *snapshot) remember(path string) error {
	was, known := s.entries[path]
	if _, kept := s.texts[path]; !known || kept {
		return nil
	}
	now, err := entryOf(s.root + path)
	if err != nil || now != was {
		return ignoreMissing(err)
	}
	return s.keep(path, now)
}

// walk calls do for each name in the file system, folders before what they hold. With fs.SkipDir
// what a folder holds is left out.
func (s *snapshot) walk(do func(path string, e entry) error) error {
	return filepath.WalkDir(s.root+"/", func(full string, d fs.DirEntry, err error) error {
		path := strings.TrimPrefix(full, s.root)
		switch {
		case errors.Is(err, fs.ErrNotExist) && path != "/":
			return nil // it went while we looked; what is missing is found by its entry
		case err != nil:
			return err
		case slices.Contains(outside, path):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		e, err := entryOf(full)
		if err != nil {
			return ignoreMissing(err)
		}
		return do(path, e)
	})
}

func entryOf(full string) (e entry, err error) {
	info, err := os.Lstat(full)
	if err != nil {
		return e, err
	}
	e.mode = info.Mode()
	st := info.Sys().(*syscall.Stat_t)
	e.uid, e.gid = st.Uid, st.Gid
	if !info.IsDir() { // of a folder only the names in it matter
		e.size, e.mtime, e.ctime = st.Size, st.Mtim.Nano(), st.Ctim.Nano()
	}
	return e, nil
}

// restoreTexts gives the files whose text is kept that text back, among them the configuration.
func (s *snapshot) restoreTexts() error {
	for _, path := range slices.Sorted(maps.Keys(s.texts)) {
		if now, err := entryOf(s.root + path); err == nil && now == s.entries[path] {
			continue
		}
		if err := s.repair(path); err != nil {
			return fmt.Errorf("restore %s: %w", path, err)
		}
	}
	return nil
}

// restore makes the file system as it was: what is new is removed, what was changed gets its text,
// mode and owner back. Then each file that it touched is compared again. The error says what is not
// as it was.
func (s *snapshot) restore() error {
	seen := make(map[string]bool, len(s.entries))
	var changed []string
	err := s.walk(func(path string, now entry) error {
		was, known := s.entries[path]
		if !known {
			if err := os.RemoveAll(s.root + path); err != nil {
				return err
			}
			if now.mode.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		seen[path] = true
		if now != was {
			changed = append(changed, path)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("compare the file system: %w", err)
	}
	for path := range s.entries {
		if !seen[path] {
			changed = append(changed, path)
		}
	}
	slices.Sort(changed) // folders before what they hold
	for _, path := range changed {
		if err := s.repair(path); err != nil {
			return fmt.Errorf("restore %s: %w", path, err)
		}
	}
	return nil
}

// repair makes one file or folder as it was.
func (s *snapshot) repair(path string) error {
	was, full := s.entries[path], s.root+path
	if was.mode.IsDir() {
		if err := os.Mkdir(full, was.mode.Perm()); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	} else if err := s.rewrite(path); err != nil {
		return err
	}
	if err := errors.Join(os.Lchown(full, int(was.uid), int(was.gid)), os.Chmod(full, was.mode)); err != nil {
		return err
	}
	now, err := entryOf(full)
	if err != nil {
		return err
	}
	if now.mode != was.mode || now.uid != was.uid || now.gid != was.gid || now.size != was.size {
		return fmt.Errorf("it is %+v, and was %+v", now, was)
	}
	s.entries[path] = now
	return nil
}

// rewrite gives a regular file its text back. In place: the proxy may have it open.
func (s *snapshot) rewrite(path string) error {
	text, kept := s.texts[path]
	if !kept {
		return errors.New("it was changed, and what it held is not known")
	}
	full := s.root + path
	if now, err := os.Lstat(full); err == nil && !now.Mode().IsRegular() {
		if err := os.RemoveAll(full); err != nil {
			return err
		}
	} else if held, err := os.ReadFile(full); err == nil && bytes.Equal(held, text) {
		return nil
	}
	return os.WriteFile(full, text, s.entries[path].mode.Perm())
}

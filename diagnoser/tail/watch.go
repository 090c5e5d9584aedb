package tail

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// changes are what is worth a look: writes, and names that come, go or change (inotify(7)).
const changes = unix.IN_MODIFY | unix.IN_CREATE | unix.IN_MOVED_TO | unix.IN_MOVED_FROM | unix.IN_DELETE | unix.IN_ATTRIB

// Watch wakes a reader when something changes in the folders of some paths.
type Watch struct {
	// Wake gets a value, not more than one at a time, when something changed.
	Wake <-chan struct{}
	file *os.File
}

// NewWatch watches the folders of paths, and those of the files that symbolic links lead to. A
// folder that is not there, or of a network file system, wakes nobody: poll as well. The error is
// inotify's own: no instance is left (fs.inotify.max_user_instances).
func NewWatch(paths []string) (*Watch, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, os.NewSyscallError("inotify_init1", err)
	}
	for _, p := range paths {
		unix.InotifyAddWatch(fd, filepath.Dir(p), changes)
		if real, err := filepath.EvalSymlinks(p); err == nil {
			unix.InotifyAddWatch(fd, filepath.Dir(real), changes)
		}
	}
	wake := make(chan struct{}, 1)
	w := &Watch{Wake: wake, file: os.NewFile(uintptr(fd), "inotify")}
	go w.run(wake)
	return w, nil
}

// run ends when the file is closed.
func (w *Watch) run(wake chan<- struct{}) {
	buf := make([]byte, 16<<10)
	for {
		if n, err := w.file.Read(buf); err != nil || n == 0 {
			return
		}
		select {
		case wake <- struct{}{}:
		default: // it was not woken from the last time yet
		}
	}
}

// Close ends the watch.
func (w *Watch) Close() error { return w.file.Close() }

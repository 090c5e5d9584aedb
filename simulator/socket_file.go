package simulator

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// socketFile is a unix socket's path and what was changed on the way to it.
type socketFile struct {
	path string
	made []string // directories that were missing, outermost first
	// regular says that the file at the path is a regular one of ours.
	regular bool
	held    *os.File // the datagram socket
	// dirMode is what the directory had before the plan changed it.
	dirMode    fs.FileMode
	dirChanged bool
}

// listen binds the socket and listens, unless the state is down: then it only
// leaves what the state leaves, a file or none.
func (f *socketFile) listen(e Endpoint) (net.Listener, error) {
	if err := f.prepare(e); err != nil {
		return nil, err
	}
	if e.Missing {
		return nil, nil
	}
	if e.PathIs == pathRegular {
		f.regular = true
		return nil, errors.Join(os.WriteFile(f.path, nil, 0o600), f.protect(e))
	}
	kind := unix.SOCK_STREAM
	if e.PathIs == pathDatagram {
		kind = unix.SOCK_DGRAM
	}
	fd, err := unix.Socket(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("make a unix socket: %w", err)
	}
	file := os.NewFile(uintptr(fd), f.path)
	if e.PathIs == pathDatagram {
		f.held = file // without its socket the file would refuse instead
	} else {
		defer func() { _ = file.Close() }()
	}
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: f.path}); err != nil {
		return nil, fmt.Errorf("bind %s: %w", f.path, err)
	}
	if err := f.protect(e); err != nil || e.down() {
		return nil, err
	}
	if err := unix.Listen(fd, e.backlog()); err != nil {
		return nil, fmt.Errorf("listen on %s: %w", f.path, err)
	}
	return net.FileListener(file)
}

// prepare makes the directories and removes what an earlier run left at the path.
func (f *socketFile) prepare(e Endpoint) error {
	dir := path.Dir(f.path)
	if err := f.mkdirs(dir); err != nil {
		return err
	}
	if err := f.setDirectoryMode(dir, e.DirectoryMode); err != nil {
		return err
	}
	return f.unlink()
}

// mkdirs makes the directory and those above it. Other servers come and go in the
// same ones: what one of them removes in between is made again.
func (f *socketFile) mkdirs(dir string) error {
	for tries := 100; ; tries-- {
		if err := f.mkdirsOnce(dir); !errors.Is(err, fs.ErrNotExist) || tries == 0 {
			return err
		}
	}
}

func (f *socketFile) mkdirsOnce(dir string) error {
	var missing []string
	for d := dir; ; d = path.Dir(d) {
		if _, err := os.Stat(d); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		missing = append(missing, d)
	}
	for i := len(missing) - 1; i >= 0; i-- {
		err := os.Mkdir(missing[i], 0o755)
		if errors.Is(err, fs.ErrExist) {
			continue // by another server, which removes it
		}
		if err != nil {
			return fmt.Errorf("make the socket's directory: %w", err)
		}
		f.made = append(f.made, missing[i])
	}
	return nil
}

func (f *socketFile) setDirectoryMode(dir string, mode *fs.FileMode) error {
	if mode == nil {
		return f.restoreDirectory()
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("look at the socket's directory: %w", err)
	}
	if !f.dirChanged {
		f.dirMode, f.dirChanged = info.Mode(), true
	}
	return os.Chmod(dir, *mode)
}

func (f *socketFile) restoreDirectory() error {
	if !f.dirChanged {
		return nil
	}
	f.dirChanged = false
	return os.Chmod(path.Dir(f.path), f.dirMode)
}

// unlink removes a socket at the path, and nothing else: a file that is no
// socket was put there by somebody.
func (f *socketFile) unlink() error {
	info, err := os.Lstat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("look at the socket: %w", err)
	case info.Mode().Type() != fs.ModeSocket && !f.regular:
		return fmt.Errorf("listen on %s: there is something that is no socket", f.path)
	}
	f.regular = false
	if f.held != nil {
		_ = f.held.Close()
		f.held = nil
	}
	return os.Remove(f.path)
}

// protect sets mode and owner before anybody can connect.
func (f *socketFile) protect(e Endpoint) error {
	mode := fs.FileMode(0o666)
	if e.Mode != nil {
		mode = *e.Mode
	}
	owner, group := -1, -1
	if e.Owner != nil {
		owner = *e.Owner
	}
	if e.Group != nil {
		group = *e.Group
	}
	if err := os.Chown(f.path, owner, group); err != nil {
		return fmt.Errorf("set the socket's owner: %w", err)
	}
	if err := os.Chmod(f.path, mode); err != nil {
		return fmt.Errorf("set the socket's mode: %w", err)
	}
	return nil
}

// cleanUp removes the socket and the directories made for it, and restores the directory's mode.
func (f *socketFile) cleanUp() error {
	err := errors.Join(f.unlink(), f.restoreDirectory())
	for i := len(f.made) - 1; i >= 0; i-- {
		_ = os.Remove(f.made[i]) // stays when somebody put something into it
	}
	f.made = nil
	return err
}

package simulator

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// inRoot calls f with another root directory, so that a socket bound there is
// named as that root's processes see it. The root is changed for one thread only, which is thrown away afterwards:
// a goroutine that ends locked takes its thread with it.
func inRoot(root string, f func() error) error {
	if root == "" || root == "/" {
		return f()
	}
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			// The main thread cannot be thrown away. It is kept busy, so that
			// the next goroutine runs on another one.
			defer runtime.UnlockOSThread()
			result <- inRoot(root, f)
			return
		}
		result <- chrooted(root, f)
	}()
	return <-result
}

func chrooted(root string, f func() error) error {
	// Without CLONE_FS all threads share one root directory (clone(2)).
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("unshare the file-system attributes: %w", err)
	}
	if err := unix.Chroot(root); err != nil {
		return fmt.Errorf("change the root to %s: %w", root, err)
	}
	if err := unix.Chdir("/"); err != nil {
		return fmt.Errorf("change the directory to that of %s: %w", root, err)
	}
	return f()
}

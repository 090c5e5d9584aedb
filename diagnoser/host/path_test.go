package host

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/host/sandbox"
	"golang.org/x/sys/unix"
)

// proxyRoot is a file system as a container has it: its own user database, and an
// absolute link that must not lead out of it.
func proxyRoot(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, dir := range []string{"etc", "run/app", "var", "private"} {
		must(t, os.MkdirAll(filepath.Join(root, dir), 0o755))
	}
	must(t, os.WriteFile(filepath.Join(root, "etc/passwd"), []byte("root:x:0:0::/:/bin/sh\nnginx:x:4101:4102::/:\n"), 0o644))
	must(t, os.WriteFile(filepath.Join(root, "etc/group"), []byte("root:x:0:\nwww:x:4102:nginx\n"), 0o644))
	must(t, os.Symlink("/run", filepath.Join(root, "var/run")))
	must(t, os.Symlink("../../../../../../run/app", filepath.Join(root, "var/up")))
	must(t, os.Symlink("loop", filepath.Join(root, "loop")))
	must(t, os.Chmod(filepath.Join(root, "private"), 0o750|os.ModeSticky))
	must(t, os.Chown(filepath.Join(root, "private"), 4101, 4102))
	return root
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func bind(t *testing.T, path string) net.Listener {
	t.Helper()
	l, err := net.Listen("unix", path)
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func walkIn(t *testing.T, root, name string) evidence.Path {
	t.Helper()
	h := Collect(t.Context(), Options{Root: root}, evidence.HostQuestion{Paths: []string{name}})
	if len(h.Paths) != 1 {
		t.Fatalf("got %+v, unread %+v, want one path", h.Paths, h.Unread)
	}
	return h.Paths[0]
}

func TestPathIsWalkedAsSeenFromRoot(t *testing.T) {
	sandbox.Need(t)
	root := proxyRoot(t)
	bind(t, filepath.Join(root, "run/app/app.sock"))
	must(t, os.Chmod(filepath.Join(root, "run/app/app.sock"), 0o660))
	for _, test := range []struct {
		name string
		want []string
	}{
		{"/var/run/app/app.sock", []string{
			"/ directory", "/var directory", "/var/run symlink", "/run directory", "/run/app directory", "/run/app/app.sock socket"}},
		{"/var/up/app.sock", []string{
			"/ directory", "/var directory", "/var/up symlink", "/run directory", "/run/app directory", "/run/app/app.sock socket"}},
		{"/run/none/app.sock", []string{"/ directory", "/run directory", "/run/none missing"}},
		{"/etc/passwd/app.sock", []string{"/ directory", "/etc directory", "/etc/passwd file"}},
	} {
		var got []string
		for _, n := range walkIn(t, root, test.name).Nodes {
			got = append(got, n.Path+" "+n.Kind)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", test.name, got, test.want)
		}
	}
	sock := walkIn(t, root, "/run/app/app.sock").Nodes[3]
	if sock.Mode != 0o660 || sock.User != "root" || sock.UID != 0 {
		t.Errorf("socket: got %+v, want 0660 of root", sock)
	}
	private := walkIn(t, root, "/private").Nodes[1]
	if private.Mode != 0o750|os.ModeSticky || private.User != "nginx" || private.Group != "www" || private.UID != 4101 || private.GID != 4102 {
		t.Errorf("private: got %+v, want 1750 of nginx:www", private)
	}
}

func TestPathEndsInALoop(t *testing.T) {
	sandbox.Need(t)
	nodes := walkIn(t, proxyRoot(t), "/loop/app.sock").Nodes
	if n := len(nodes); n > 45 || nodes[n-1].Kind != "symlink" {
		t.Errorf("got %d nodes ending in %+v, want the links the kernel would follow", n, nodes[n-1])
	}
}

// The listener found for a path compares equal to its file on every kind of file system.
func TestListenerIsFoundByItsFile(t *testing.T) {
	sandbox.Need(t)
	for _, fs := range []string{"plain", "tmpfs", "overlay"} {
		t.Run(fs, func(t *testing.T) {
			root := proxyRoot(t)
			run := filepath.Join(root, "run")
			mount(t, fs, run)
			must(t, os.MkdirAll(filepath.Join(run, "app"), 0o755))
			l := bind(t, filepath.Join(run, "app/app.sock"))
			// the same inode numbers come back in each tmpfs
			twin := t.TempDir()
			mount(t, "tmpfs", twin)
			must(t, os.MkdirAll(filepath.Join(twin, "app"), 0o755))
			bind(t, filepath.Join(twin, "app/app.sock"))

			h := Collect(t.Context(), Options{Root: root}, evidence.HostQuestion{Paths: []string{"/var/run/app/app.sock"}})
			nodes := h.Paths[0].Nodes
			file := nodes[len(nodes)-1]
			var found []string
			for _, l := range h.Listeners {
				if l.FileInode == file.Inode && l.FileDevice == file.Device {
					found = append(found, l.Address)
				}
			}
			if !slices.Equal(found, []string{l.Addr().String()}) {
				t.Errorf("got listeners %q of %+v, want %s; all: %+v", found, file, l.Addr(), h.Listeners)
			}
		})
	}
}

func mount(t *testing.T, kind, at string) {
	t.Helper()
	switch kind {
	case "plain":
		return
	case "tmpfs":
		must(t, unix.Mount("tmpfs", at, "tmpfs", 0, ""))
	case "overlay":
		lower, upper := t.TempDir(), t.TempDir()
		mount(t, "tmpfs", upper) // another file system than the lower one, so that devices differ
		must(t, os.MkdirAll(filepath.Join(upper, "up"), 0o755))
		must(t, os.MkdirAll(filepath.Join(upper, "work"), 0o755))
		options := fmt.Sprintf("lowerdir=%s,upperdir=%s/up,workdir=%s/work", lower, upper, upper)
		if err := unix.Mount("overlay", at, "overlay", 0, options); err != nil {
			t.Skipf("needs overlayfs: %v", err)
		}
	}
	t.Cleanup(func() { _ = unix.Unmount(at, unix.MNT_DETACH) })
}

func TestParseMounts(t *testing.T) {
	text := "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw\n71 36 0:61 / / rw - overlay overlay rw\nbroken\n"
	got := parseMounts(text)
	if len(got) != 2 || got[36] != unix.Mkdev(98, 0) || got[71] != unix.Mkdev(0, 61) {
		t.Errorf("got %v", got)
	}
}

func TestMountInfoFollowsRoot(t *testing.T) {
	for root, want := range map[string]string{
		"/": "/proc/thread-self/mountinfo", "/proc/1/root": "/proc/1/mountinfo",
		"/host/proc/77/root/": "/host/proc/77/mountinfo", "/srv/root": "/proc/thread-self/mountinfo",
	} {
		c := &collector{opts: Options{Root: root}}
		if got := c.mountInfo(); got != want {
			t.Errorf("%s: got %s, want %s", root, got, want)
		}
	}
}

func TestParseNames(t *testing.T) {
	got := parseNames("root:x:0:0:root:/root:/bin/bash\n#x:x:5\nshort:x\nbad:x:-1:\ntoor:x:0:0::\nwww-data:x:33:33::\n")
	if len(got) != 2 || got[0] != "root" || got[33] != "www-data" {
		t.Errorf("got %v", got)
	}
	if strings.Contains(strings.Join([]string{got[0], got[33]}, ""), "toor") {
		t.Errorf("got the second name of an ID: %v", got)
	}
}

package rootfs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func tree(t *testing.T, files ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, f := range files {
		full := filepath.Join(root, f)
		if err := errors.Join(os.MkdirAll(filepath.Dir(full), 0o755), os.WriteFile(full, []byte(f), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestReadFileStaysBelowRoot(t *testing.T) {
	root := tree(t, "etc/nginx/nginx.conf", "secret")
	outside := filepath.Join(filepath.Dir(root), "outside")
	for link, target := range map[string]string{
		"abs": "/etc/nginx/nginx.conf", "up": "../../../../../etc/nginx/nginx.conf", "out": outside, "dir": "/etc/nginx",
	} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(outside, []byte("outside"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, want string
		err        error
	}{
		{"/etc/nginx/nginx.conf", "etc/nginx/nginx.conf", nil},
		{"/etc/../../../secret", "secret", nil},
		{"abs", "etc/nginx/nginx.conf", nil},
		{"up", "etc/nginx/nginx.conf", nil},
		{"/dir/nginx.conf", "etc/nginx/nginx.conf", nil},
		{"/dir/../nginx/nginx.conf", "etc/nginx/nginx.conf", nil},
		{"/out", "", fs.ErrNotExist},
		{"/secret/x", "", unix.ENOTDIR},
		{"/etc", "", errNotRegular},
		{"/", "", errNotRegular},
	} {
		got, err := ReadFile(root, test.name)
		if string(got) != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: got %q, %v, want %q, %v", test.name, got, err, test.want, test.err)
		}
	}
}

// A log that is a pipe to the container's log driver must not be read, nor waited for.
func TestOpenRefusesPipes(t *testing.T) {
	root := tree(t)
	if err := syscall.Mkfifo(filepath.Join(root, "error.log"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(root, "/error.log"); !errors.Is(err, errNotRegular) {
		t.Errorf("got %v, want %v", err, errNotRegular)
	}
}

func TestGlob(t *testing.T) {
	root := tree(t, "etc/conf.d/b.conf", "etc/conf.d/a.conf", "etc/conf.d/.hidden.conf", "etc/conf.d/a.txt", "etc/sites/x/site.conf")
	if err := os.Symlink("/etc/conf.d", filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		pattern string
		want    []string
	}{
		{"/etc/conf.d/*.conf", []string{"/etc/conf.d/a.conf", "/etc/conf.d/b.conf"}},
		{"/etc/conf.d/.*.conf", []string{"/etc/conf.d/.hidden.conf"}},
		{"/link/?.conf", []string{"/link/a.conf", "/link/b.conf"}},
		{"/etc/sites/*/site.conf", []string{"/etc/sites/x/site.conf"}},
		{"/etc/conf.d/[ab].txt", []string{"/etc/conf.d/a.txt"}},
		{"/etc/none/*.conf", nil},
		{"/etc/none.conf", []string{"/etc/none.conf"}},
	} {
		got, err := Glob(root, test.pattern)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, %v, want %q", test.pattern, got, err, test.want)
		}
	}
	if _, err := Glob(root, "/etc/[*"); err == nil {
		t.Error("a broken pattern: got no error")
	}
}

func TestWalkClosesWhatItOpens(t *testing.T) {
	root := tree(t, "a/b/c")
	before := descriptors(t)
	for _, name := range []string{"/a/b/c", "/a/b/none", "/a/../a/b/../../a/b/c"} {
		_, _ = Walk(root, name)
		_, _ = ReadFile(root, name)
	}
	if after := descriptors(t); after != before {
		t.Errorf("descriptors: got %d, want %d", after, before)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

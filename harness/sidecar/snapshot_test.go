package sidecar

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree makes files below a new root, by their paths.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for path, text := range files {
		err := errors.Join(os.MkdirAll(filepath.Dir(root+path), 0o755), os.WriteFile(root+path, []byte(text), 0o644))
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// listing is all that there is below a root: mode, and a file's text.
func listing(t *testing.T, root string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		text := []byte{}
		if info.Mode().IsRegular() {
			text, err = os.ReadFile(path)
		}
		all[strings.TrimPrefix(path, root)] = info.Mode().String() + " " + string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestASnapshotBringsBackWhatADrillChanged(t *testing.T) {
	given := map[string]string{
		"/etc/nginx/nginx.conf": "events {}\n", "/etc/nginx/sites/default": "server {}\n", "/var/log/nginx/error.log": "",
		"/srv/page.html": "hello\n", "/usr/bin/nginx": "program", "/run/nginx.pid": "7\n",
	}
	for _, tc := range []struct {
		name   string
		change func(root string, s *snapshot) error
		wrong  string // what restore says; "" when all is as it was
	}{
		{"nothing", func(string, *snapshot) error { return nil }, ""},
		{"another configuration", func(root string, _ *snapshot) error {
			return os.WriteFile(root+"/etc/nginx/nginx.conf", []byte("http {}\n"), 0o644)
		}, ""},
		{"new files and folders", func(root string, _ *snapshot) error {
			return errors.Join(os.MkdirAll(root+"/srv/new/deep", 0o700), os.WriteFile(root+"/srv/new/deep/x", []byte("x"), 0o600),
				os.Symlink("/nowhere", root+"/srv/link"))
		}, ""},
		{"modes", func(root string, _ *snapshot) error {
			return errors.Join(os.Chmod(root+"/srv", 0o700), os.Chmod(root+"/etc/nginx/nginx.conf", 0o600))
		}, ""},
		{"what is gone", func(root string, _ *snapshot) error { return os.RemoveAll(root + "/etc/nginx/sites") }, ""},
		{"a file that was remembered", func(root string, s *snapshot) error {
			return errors.Join(s.remember("/srv/page.html"), os.WriteFile(root+"/srv/page.html", []byte("bye"), 0o644))
		}, ""},
		{"a file in the place of a log", func(root string, _ *snapshot) error {
			return errors.Join(os.Remove(root+"/var/log/nginx/error.log"), os.Symlink("/dev/null", root+"/var/log/nginx/error.log"))
		}, ""},
		{"a file that nobody remembered", func(root string, _ *snapshot) error {
			return os.WriteFile(root+"/srv/page.html", []byte("bye"), 0o644)
		}, "restore /srv/page.html: it was changed, and what it held is not known"},
		{"a program that is gone", func(root string, _ *snapshot) error { return os.Remove(root + "/usr/bin/nginx") },
			"restore /usr/bin/nginx: it was changed"},
	} {
		root := tree(t, given)
		before := listing(t, root)
		s, err := takeSnapshot(root)
		if err != nil {
			t.Fatal(err)
		}
		if err := tc.change(root, s); err != nil {
			t.Fatal(err)
		}
		err = s.restore()
		if got := errorText(err); (got == "") != (tc.wrong == "") || !strings.HasPrefix(got, tc.wrong) {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.wrong)
			continue
		}
		after := listing(t, root)
		if tc.wrong != "" {
			continue
		}
		for path := range before {
			if before[path] != after[path] {
				t.Errorf("%s: %s is %q, was %q", tc.name, path, after[path], before[path])
			}
		}
		if len(after) != len(before) {
			t.Errorf("%s: %d names are there, were %d", tc.name, len(after), len(before))
		}
		if err := s.restore(); err != nil {
			t.Errorf("%s: a second time: %v", tc.name, err)
		}
	}
}

func TestARunIsAScriptThatSaysJustWhatItIs(t *testing.T) {
	run := Run{Command: []string{"gunicorn", "--bind", "it's $HOME; `x`"}, Env: map[string]string{"LISTEN": "127.0.0.1:80", "A": "1 2"}}
	want := "export A='1 2'\nexport LISTEN='127.0.0.1:80'\nexec 'gunicorn' '--bind' 'it'\\''s $HOME; `x`'\n"
	if got := run.script(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

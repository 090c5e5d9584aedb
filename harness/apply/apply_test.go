package apply

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
)

const (
	before = "http {\n  proxy_pass http://127.0.0.1:8000;\n}\n"
	after  = "http {\n  proxy_pass http://127.0.0.1:8001;\n}\n"
)

// site is a configuration of two files, one of them behind a symbolic link, and a proxy that does as it is told.
type site struct {
	*testing.T
	dir, main, link, real string
	calls                 []string
	fail                  map[string]error // by step
	said                  []string
}

func newSite(t *testing.T) *site {
	s := &site{T: t, dir: t.TempDir(), fail: map[string]error{}}
	s.main = filepath.Join(s.dir, "nginx.conf")
	s.real = filepath.Join(s.dir, "available", "shop")
	s.link = filepath.Join(s.dir, "enabled", "shop")
	for _, dir := range []string{"available", "enabled"} {
		if err := os.Mkdir(filepath.Join(s.dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{s.main, s.real} {
		if err := errors.Join(os.WriteFile(path, []byte(before), 0o600), os.Chmod(path, 0o640)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../available/shop", s.link); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) command(name string) Command {
	return Command{Text: name, Run: func(context.Context) error {
		text, _ := os.ReadFile(s.real)
		s.calls = append(s.calls, fmt.Sprintf("%s %t", name, string(text) == after))
		return s.fail[name]
	}}
}

func (s *site) options() Options {
	return Options{Test: s.command("test"), Reload: s.command("reload"),
		Watch: func(ctx context.Context) error { return s.command("watch").Run(ctx) },
		Say:   func(step, format string, args ...any) { s.said = append(s.said, step+" "+fmt.Sprintf(format, args...)) }}
}

func (s *site) prepare(o Options) (*Plan, error) {
	var files []evidence.File
	var edits []diagnoser.Edit
	for _, path := range []string{s.main, s.link} {
		files = append(files, evidence.File{Path: path, Text: before})
		edits = append(edits, diagnoser.Edit{File: path, Offset: strings.Index(before, "8000"), Old: "8000", New: "8001"})
	}
	return Prepare(files, edits, o)
}

func (s *site) run(ctx context.Context, o Options) error {
	s.Helper()
	p, err := s.prepare(o)
	if err != nil {
		s.Fatal(err)
	}
	return p.Run(ctx)
}

// want compares both files, and looks that each is what it was but for its text.
func (s *site) want(text string) {
	s.Helper()
	for _, path := range []string{s.main, s.real} {
		got, err := os.ReadFile(path)
		info, serr := os.Stat(path)
		if err := errors.Join(err, serr); err != nil {
			s.Fatal(err)
		}
		if string(got) != text || info.Mode() != 0o640 {
			s.Errorf("%s: got %q with mode %v, want %q", path, got, info.Mode(), text)
		}
	}
	if to, err := os.Readlink(s.link); err != nil || to != "../available/shop" {
		s.Errorf("the link is %q (%v) now", to, err)
	}
}

// names lists all files but the links' folder.
func (s *site) names() (all []string) {
	for _, dir := range []string{s.dir, filepath.Dir(s.real)} {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if !e.IsDir() {
				all = append(all, e.Name())
			}
		}
	}
	slices.Sort(all)
	return all
}

func TestRunWritesTestsReloadsWatches(t *testing.T) {
	for _, inPlace := range []bool{false, true} {
		s := newSite(t)
		o := s.options()
		o.InPlace = inPlace
		o.Now = func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC) }
		attribute := unix.Setxattr(s.real, "user.note", []byte("kept"), 0)
		if err := s.run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		s.want(after)
		if got := strings.Join(s.calls, ", "); got != "test true, reload true, watch true" {
			t.Errorf("got %s", got)
		}
		want := []string{".nginx.conf.badgateway-20260102T030405.006Z", ".shop.badgateway-20260102T030405.006Z", "nginx.conf", "shop"}
		if got := s.names(); !slices.Equal(got, want) {
			t.Errorf("files: got %v, want %v", got, want)
		}
		kept, err := os.ReadFile(Backups("", s.link)[0])
		if string(kept) != before || err != nil {
			t.Errorf("backup: got %q (%v), want the former text", kept, err)
		}
		value := make([]byte, 10)
		if n, err := unix.Getxattr(s.real, "user.note", value); attribute == nil && (err != nil || string(value[:n]) != "kept") {
			t.Errorf("the extended attribute: got %q (%v)", value[:max(n, 0)], err)
		}
		if _, err := s.prepare(o); !errors.Is(err, ErrApplied) {
			t.Errorf("a second time: got %v, want that it is applied", err)
		}
	}
}

func TestRunRollsBack(t *testing.T) {
	for _, c := range []struct {
		step    string
		inPlace bool
		calls   string
	}{
		{"test", false, "test true"},
		{"test", true, "test true"},
		{"reload", false, "test true, reload true, reload false"},
		{"watch", false, "test true, reload true, watch true, reload false"},
		{"watch", true, "test true, reload true, watch true, reload false"},
	} {
		s := newSite(t)
		info, _ := os.Stat(s.real)
		o := s.options()
		o.InPlace = c.inPlace
		reloads := 0
		o.Reload.Run = func(ctx context.Context) error { // a reload of the former text is well
			err := s.command("reload").Run(ctx)
			if reloads++; reloads > 1 {
				return nil
			}
			return err
		}
		s.fail[c.step] = errors.New("as told")
		var back *RolledBack
		if err := s.run(t.Context(), o); !errors.As(err, &back) || !strings.Contains(err.Error(), "as told") {
			t.Errorf("%s: got %v, want it rolled back", c.step, err)
		}
		s.want(before)
		if got := strings.Join(s.calls, ", "); got != c.calls {
			t.Errorf("%s: got %s, want %s", c.step, got, c.calls)
		}
		if got := s.names(); len(got) != 2 {
			t.Errorf("%s: got %v, want nothing left", c.step, got)
		}
		if now, _ := os.Stat(s.real); !os.SameFile(info, now) {
			t.Errorf("%s: the file is another one now", c.step)
		}
	}
}

func TestRollBackThatFailsSaysSo(t *testing.T) {
	s := newSite(t)
	o := s.options()
	o.Watch = func(context.Context) error {
		s.fail["reload"] = errors.New("gone")
		return errors.New("as told")
	}
	if err := s.run(t.Context(), o); !errors.Is(err, ErrStuck) || !strings.Contains(err.Error(), "runs the edited ones: reload: gone") {
		t.Errorf("got %v, want it said that the proxy was not told", err)
	}
	s.want(before)
}

func TestInterruptionRollsBack(t *testing.T) {
	for _, at := range []string{"test", "reload", "watch"} {
		s := newSite(t)
		ctx, cancel := context.WithCancel(t.Context())
		o := s.options()
		stop := func(name string) Command {
			c := s.command(name)
			return Command{Text: name, Run: func(ctx context.Context) error {
				if name == at {
					cancel()
				}
				return c.Run(ctx)
			}}
		}
		o.Test, o.Reload, o.Watch = stop("test"), stop("reload"), stop("watch").Run
		var back *RolledBack
		if err := s.run(ctx, o); !errors.As(err, &back) || !errors.Is(err, context.Canceled) {
			t.Errorf("in %s: got %v, want it rolled back for the interruption", at, err)
		}
		s.want(before)
	}
}

func TestPrepareRefusesWhatChanged(t *testing.T) {
	s := newSite(t)
	p, err := s.prepare(s.options())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.real, []byte("mine"), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := s.prepare(s.options()); !errors.Is(err, ErrChanged) || !strings.HasPrefix(err.Error(), s.link) {
		t.Errorf("got %v, want that the file changed", err)
	}
	if err := p.Run(t.Context()); !errors.Is(err, ErrChanged) {
		t.Errorf("got %v, want that the file changed meanwhile", err)
	}
	if got, _ := os.ReadFile(s.main); string(got) != before {
		t.Errorf("got %q, want the first file put back", got)
	}
	if got, _ := os.ReadFile(s.real); string(got) != "mine" {
		t.Errorf("got %q, want what somebody wrote", got)
	}
}

func TestLinksStayWithinTheRoot(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{"real.conf": "inside"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/real.conf", filepath.Join(root, "link.conf")); err != nil {
		t.Fatal(err)
	}
	if got, err := realPath(root, "/link.conf"); err != nil || got != filepath.Join(root, "real.conf") {
		t.Errorf("got %s (%v), want the file inside", got, err)
	}
}

func TestShellSaysTheReason(t *testing.T) {
	err := Shell(`echo first; echo "nginx: [emerg] unknown directive" >&2; echo last; exit 3`).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "exit status 3: nginx: [emerg] unknown directive") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- Shell("echo there > " + fifo + "; exec tail -f /dev/null").Run(ctx) }()
	if _, err := os.ReadFile(fifo); err != nil { // it runs
		t.Fatal(err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want it ended", err)
	}
}

package sidecar

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Places in the container of a backend; containers.BackendDir and containers.Supervisor are the same.
const (
	backendDir = "/tmp/.badgateway"
	supervisor = "badgateway-backend-"
)

// backend is a container in which the sidecar runs application servers, one after the other.
type backend struct {
	pid   int       // of its supervisor
	space string    // its mount namespace, which all its processes have
	fresh *snapshot // its file system before anything ran
	runs  int
}

func (b *backend) root() string { return fmt.Sprintf("/proc/%d/root", b.pid) }

// putBackend ends what runs in a backend's container, and runs something there.
func (s *Server) putBackend(r *http.Request) (any, error) {
	run, err := body[Run](r)
	if err != nil {
		return nil, err
	}
	s.backing.Lock()
	defer s.backing.Unlock()
	b, err := s.backend(r.Context(), r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	if err := b.end(r.Context()); err != nil {
		return nil, err
	}
	if err := b.put(run); err != nil {
		return nil, err
	}
	b.runs++
	return Running{b.runs}, b.start(r.Context())
}

// backend finds the container with the supervisor of that name, and waits until it is there.
func (s *Server) backend(ctx context.Context, name string) (*backend, error) {
	if b := s.backends[name]; b != nil {
		return b, nil
	}
	b := &backend{}
	if err := until(ctx, func() (bool, error) {
		all, err := processes()
		i := slices.IndexFunc(all, func(p process) bool { return strings.HasSuffix(p.title, "\x00"+supervisor+name) })
		if i < 0 {
			return false, err
		}
		b.pid = all[i].pid
		_, missing := os.Stat(b.root() + backendDir + "/go")
		return missing == nil, err
	}); err != nil {
		return nil, fmt.Errorf("wait for the container of backend %s: %w", name, err)
	}
	var err error
	if b.space, err = spaceOf(b.pid); err != nil {
		return nil, err
	}
	if b.fresh, err = takeSnapshot(b.root()); err != nil {
		return nil, err
	}
	s.backends[name] = b
	return b, nil
}

// spaceOf is the mount namespace of a process. Every container has one.
func spaceOf(pid int) (string, error) { return os.Readlink(fmt.Sprintf("/proc/%d/ns/mnt", pid)) }

// processes are those that run in the container beside the supervisor.
func (b *backend) processes() (pids []int, err error) {
	all, err := processes()
	for _, p := range all {
		if space, err := spaceOf(p.pid); p.pid != b.pid && err == nil && space == b.space {
			pids = append(pids, p.pid)
		}
	}
	return pids, err
}

// end kills all that runs in the container, as the end of the container would, and returns when it is gone.
func (b *backend) end(ctx context.Context) error {
	err := until(ctx, func() (bool, error) {
		pids, err := b.processes()
		for _, pid := range pids {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		return len(pids) == 0, err
	})
	if err != nil {
		return fmt.Errorf("end a backend: %w", err)
	}
	return nil
}

// put writes the files of a run, readable for everyone, and the script that is the run.
func (b *backend) put(run Run) error {
	files := maps.Clone(run.Files)
	if files == nil {
		files = map[string][]byte{}
	}
	files[backendDir+"/run"] = []byte(run.script())
	for name, text := range files {
		if err := b.fresh.remember(filepath.Clean(name)); err != nil {
			return err
		}
		path := b.root() + filepath.Clean("/"+name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, text, 0o644)); err != nil {
			return fmt.Errorf("give a backend its files: %w", err)
		}
	}
	return nil
}

// start tells the supervisor, which may be about to notice that the run before has ended.
func (b *backend) start(ctx context.Context) error {
	return until(ctx, func() (bool, error) {
		f, err := os.OpenFile(b.root()+backendDir+"/go", os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if errors.Is(err, syscall.ENXIO) {
			return false, nil // nobody reads yet
		}
		if err != nil {
			return false, fmt.Errorf("start a backend: %w", err)
		}
		_, err = fmt.Fprintln(f, b.runs)
		return true, errors.Join(err, f.Close())
	})
}

// restore makes the container as it was before anything ran in it.
func (b *backend) restore(ctx context.Context) error {
	if err := b.end(ctx); err != nil {
		return err
	}
	return b.fresh.restore()
}

// restoreBackends makes the containers as they were that are still there, and forgets the others.
func (s *Server) restoreBackends(ctx context.Context) error {
	s.backing.Lock()
	defer s.backing.Unlock()
	for name, b := range s.backends {
		if space, err := spaceOf(b.pid); err != nil || space != b.space {
			delete(s.backends, name)
			continue
		}
		if err := b.restore(ctx); err != nil {
			return fmt.Errorf("backend %s: %w", name, err)
		}
	}
	return nil
}

// supervisors are the processes that only start backends, which are no evidence.
func supervisors(all []process) map[int]bool {
	found := map[int]bool{}
	for _, p := range all {
		if strings.Contains(p.title, "\x00"+supervisor) {
			found[p.pid] = true
		}
	}
	return found
}

// script is the run in the language of sh(1).
func (r Run) script() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(r.Env)) {
		fmt.Fprintf(&b, "export %s=%s\n", name, quoted(r.Env[name]))
	}
	b.WriteString("exec")
	for _, arg := range r.Command {
		b.WriteString(" " + quoted(arg))
	}
	return b.String() + "\n"
}

// quoted is a word of sh(1) that means just what it says.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

package drill

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/badgateway/badgateway/containers"
	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/harness/scenario"
	"github.com/badgateway/badgateway/harness/sidecar"
)

// usualBackend bounds how long a real backend may take until it is done with its start, or says
// what it is to say.
const usualBackend = 15 * time.Second

// server is a real backend: what runs, and the container in which it does.
type server struct {
	*containers.Backend
	run sidecar.Run
	n   int // the number of the run
}

// Log is what it wrote since it was started last.
func (b *server) Log(ctx context.Context) (string, error) { return b.Backend.Log(ctx, b.n) }

// startUpstream brings one upstream up: a fake one in the sidecar, a real one in a container of its own.
func (s *Session) startUpstream(ctx context.Context, name string, u scenario.Upstream) error {
	if u.Backend == nil {
		return s.startFake(ctx, name, u)
	}
	run, err := s.declaredRun(u)
	if err != nil {
		return err
	}
	if err := s.serve(ctx, name, run, int64(u.Backend.Memory)); err != nil {
		return err
	}
	return s.await(ctx, name, s.ReadyAt(u))
}

// serve starts a real backend, anew if it runs. Docker Engine fixes a limit of memory when it
// creates a container.
func (s *Session) serve(ctx context.Context, name string, run sidecar.Run, memory int64) error {
	ctx, cancel := context.WithTimeout(ctx, s.env.pace.deadline(usualBackend))
	defer cancel()
	b := s.backends[name]
	if b != nil && b.Spec.Memory != memory {
		if err := s.pod.remove(ctx, b.Backend); err != nil {
			return err
		}
		b = nil
	}
	if b == nil {
		c, err := s.pod.container(ctx, s.env.Backends[s.Upstreams[name].Backend.Kind], memory)
		if err != nil {
			return err
		}
		b = &server{Backend: c}
		if s.backends == nil {
			s.backends = map[string]*server{}
		}
		s.backends[name] = b
	}
	n, err := s.client.Run(ctx, b.Spec.Name, run)
	if err != nil {
		return fmt.Errorf("start backend %s: %w", name, err)
	}
	b.run, b.n = run, n
	return nil
}

// serveAgain starts a real backend anew, as it is.
func (s *Session) serveAgain(ctx context.Context, name string) error {
	return s.serve(ctx, name, s.backends[name].run, s.backends[name].Spec.Memory)
}

// declaredRun is a real backend as the scenario declares it.
func (s *Session) declaredRun(u scenario.Upstream) (sidecar.Run, error) {
	files, err := s.env.Catalogue.BackendFiles(s.Scenario, u.Backend.Files)
	return sidecar.Run{Command: u.Backend.Command, Files: files, Env: s.environ(u, u.Backend.Env)}, err
}

// environ is what a real backend finds in its environment: what the scenario sets, and as LISTEN the address
// of the variant, "127.0.0.1:9000" or a path.
func (s *Session) environ(u scenario.Upstream, own map[string]string) map[string]string {
	all := map[string]string{"LISTEN": u.Listen[s.Transport()]}
	maps.Copy(all, own)
	return all
}

// await waits until an upstream listens at "tcp:ADDRESS" or "unix:PATH"; "" is nowhere. A real
// backend listens before its workers can answer, so that it is waited for until it is done with its
// start.
func (s *Session) await(ctx context.Context, name, at string) error {
	if at == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.env.pace.deadline(usualBackend))
	defer cancel()
	if err := s.client.Await(ctx, sidecar.Await{Listener: at, Rest: s.backends[name] != nil}); err != nil {
		if s.backends[name] == nil {
			return fmt.Errorf("wait for upstream %s: %w", name, err)
		}
		log, _ := s.backends[name].Log(context.WithoutCancel(ctx))
		lines := strings.Split(strings.TrimSpace(log), "\n")
		return fmt.Errorf("wait for backend %s to listen on %s: %w; it says: %s", name, at, err, lines[len(lines)-1])
	}
	return nil
}

// rerunBackend carries out an action on a real backend.
func (s *Session) rerunBackend(ctx context.Context, action, name string) error {
	node, listed := s.Upstreams[name].After[action]
	if !listed && action != diagnoser.RestartBackend {
		return unlisted(action, name)
	}
	return s.rerunAs(ctx, name, node, listed)
}

// rerunAs starts a real backend again with what a node changes of it; nil changes nothing.
func (s *Session) rerunAs(ctx context.Context, name string, node *yaml.Node, listed bool) error {
	u := s.Upstreams[name]
	after, err := scenario.ReadRerun("", node)
	if err != nil {
		return err
	}
	files, err := s.env.Catalogue.BackendFiles(s.Scenario, after.Files)
	if err != nil {
		return err
	}
	run, memory := s.backends[name].run, s.backends[name].Spec.Memory
	if after.Command != nil {
		run.Command = after.Command
	}
	if after.Env != nil {
		run.Env = s.environ(u, after.Env)
	}
	if after.Memory > 0 {
		memory = int64(after.Memory)
	}
	if after.Files != "" {
		run.Files = files
	}
	if err := s.serve(ctx, name, run, memory); err != nil {
		return err
	}
	if !listed {
		return s.await(ctx, name, s.ReadyAt(u))
	}
	if after.Ordered {
		s.ordered[name] = true
	}
	return s.await(ctx, name, s.Listen(u)) // it is mended: it listens where the proxy looks for it
}

// unlisted is the answer to an action of which the scenario does not speak: a start of what runs
// already, or cannot, comes to nothing.
func unlisted(action, name string) error {
	if action == diagnoser.StartBackend {
		return nil
	}
	return &sidecar.Refused{Reason: fmt.Sprintf("the scenario does not say what %s makes of %s", action, name)}
}

// backendLogs are what the real backends wrote, as evidence.
func (s *Session) backendLogs(ctx context.Context) (logs []evidence.Log, err error) {
	for _, name := range slices.Sorted(maps.Keys(s.backends)) {
		text, err := s.backendLog(ctx, name)
		if err != nil {
			return nil, err
		}
		logs = append(logs, evidence.Log{Name: s.Upstreams[name].Backend.Kind + ".log", Text: text})
	}
	return logs, nil
}

// backendLog reads one log; when the scenario says what must stand there, it waits for that.
func (s *Session) backendLog(ctx context.Context, name string) (string, error) {
	wanted := s.Upstreams[name].Backend.Says
	for begin := time.Now(); ; {
		text, err := s.backends[name].Log(ctx)
		if err != nil || strings.Contains(text, wanted) || time.Since(begin) > s.env.pace.deadline(usualBackend) {
			return text, err
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

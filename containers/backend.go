package containers

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
)

// SocketDir is where proxy and backends share a directory for unix sockets, in a pod that asks for it.
const SocketDir = "/run/app"

// BackendSpec is a real application server in the pod.
type BackendSpec struct {
	Name    string // of the upstream
	Image   string // present locally
	Command []string
	Files   map[string][]byte // by their path in the container
	Env     map[string]string
	Memory  int64 // limit of its cgroup in bytes, without swap; 0 is none
}

// Backend is one container in the pod's namespaces.
type Backend struct {
	spec  BackendSpec
	pod   *Pod
	c     *testcontainers.DockerContainer
	ended string // when it was stopped to be started again, "" when its container was not
}

// StartBackend starts an application server beside the proxy. It has begun then; whether it
// listens yet is for who asked to find out.
func (p *Pod) StartBackend(ctx context.Context, spec BackendSpec) (*Backend, error) {
	b := &Backend{spec: spec, pod: p}
	return b, b.start(ctx)
}

func (b *Backend) start(ctx context.Context) (err error) {
	b.ended = ""
	options := []testcontainers.ContainerCustomizer{testcontainers.WithCmd(b.spec.Command...), testcontainers.WithEnv(b.spec.Env)}
	b.c, err = b.pod.join(ctx, b.spec.Image, "backend", func(h *container.HostConfig) {
		h.AutoRemove = false // what it said is read after its end, too
		if b.pod.shared {
			h.VolumesFrom = []string{b.pod.Proxy}
		}
		if b.spec.Memory > 0 {
			h.Memory, h.MemorySwap = b.spec.Memory, b.spec.Memory
		}
	}, options...)
	if err != nil {
		return fmt.Errorf("create backend %s: %w", b.spec.Name, err)
	}
	if err := b.pod.engine.put(ctx, b.c.GetContainerID(), b.spec.Files); err != nil {
		return fmt.Errorf("give backend %s its files: %w", b.spec.Name, err)
	}
	if err := b.c.Start(ctx); err != nil {
		return fmt.Errorf("start backend %s: %w", b.spec.Name, err)
	}
	return nil
}

// Restart ends the server and starts it anew, as change says of what it was. Its files stay as it left them where its container
// can: Docker Engine fixes command, environment and limits when it creates one.
func (b *Backend) Restart(ctx context.Context, change func(*BackendSpec)) error {
	was := b.spec
	change(&b.spec)
	if slices.Equal(was.Command, b.spec.Command) && maps.Equal(was.Env, b.spec.Env) && was.Memory == b.spec.Memory {
		return b.again(ctx, was.Files)
	}
	if err := b.pod.drop(ctx, b.c.GetContainerID()); err != nil {
		return fmt.Errorf("stop backend %s: %w", b.spec.Name, err)
	}
	return b.start(ctx)
}

// again restarts the same container, with files that differ from the ones that it was given.
func (b *Backend) again(ctx context.Context, given map[string][]byte) error {
	id := b.c.GetContainerID()
	if !maps.EqualFunc(given, b.spec.Files, bytes.Equal) {
		if err := b.pod.engine.put(ctx, id, b.spec.Files); err != nil {
			return fmt.Errorf("give backend %s its files: %w", b.spec.Name, err)
		}
	}
	atOnce := 0
	if _, err := b.pod.engine.docker.ContainerStop(ctx, id, client.ContainerStopOptions{Timeout: &atOnce}); err != nil {
		return fmt.Errorf("stop backend %s: %w", b.spec.Name, err)
	}
	state, err := b.c.State(ctx)
	if err != nil {
		return fmt.Errorf("look at backend %s: %w", b.spec.Name, err)
	}
	b.ended = state.FinishedAt
	if err := b.c.Start(ctx); err != nil {
		return fmt.Errorf("start backend %s: %w", b.spec.Name, err)
	}
	return nil
}

// Log is what the server wrote to its standard output and error since it was started last, at most the last 2000 lines.
func (b *Backend) Log(ctx context.Context) (string, error) {
	text, err := b.pod.engine.logs(ctx, b.c.GetContainerID(), b.ended)
	if err != nil {
		return "", fmt.Errorf("read the log of backend %s: %w", b.spec.Name, err)
	}
	return text, nil
}

// logs reads both outputs of a container in the order in which Docker took them, since a time by the Engine's own clock; "" is its creation.
func (e *Engine) logs(ctx context.Context, id, since string) (string, error) {
	stream, err := e.docker.ContainerLogs(ctx, id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Since: since, Tail: "2000"})
	if err != nil {
		return "", err
	}
	defer stream.Close()
	var both bytes.Buffer
	if _, err := stdcopy.StdCopy(&both, &both, stream); err != nil {
		return "", err
	}
	return both.String(), nil
}

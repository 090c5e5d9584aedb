package containers

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
)

// SocketDir is where proxy and backends share a directory for unix sockets, in a pod that asks for it.
const SocketDir = "/run/app"

// BackendDir is where a backend's container has what its supervisor reads: the fifo "go", into
// which the number of a run is written as a line, and "run", the shell script that is run then.
const BackendDir = "/tmp/.badgateway"

// Supervisor begins the name by which a backend's supervisor is known: it stands behind it in its command line.
const Supervisor = "badgateway-backend-"

// supervise starts a server as often as it is told to, since starting a process is quicker than
// starting a container. It runs in the foreground, so that it is reaped when it ends. A line on
// both outputs marks where a run begins.
const supervise = `mkdir -p ` + BackendDir + ` && cd ` + BackendDir + ` && mkfifo go && cd "$OLDPWD" &&
while read -r run < ` + BackendDir + `/go; do
  echo "` + runMark + `$run"; echo "` + runMark + `$run" >&2
  sh ` + BackendDir + `/run
done`

const runMark = "badgateway: run "

// BackendSpec is a container for real application servers in the pod.
type BackendSpec struct {
	Name   string // of what runs in it, for errors
	Image  string // present locally
	Memory int64  // limit of its cgroup in bytes, without swap; 0 is none
}

// Backend is one container in the pod's namespaces. What runs in it the sidecar decides.
type Backend struct {
	Spec BackendSpec
	ID   string // the container's
	pod  *Pod
}

// StartBackend starts a container for application servers beside the proxy. Nothing runs in it yet
// but its supervisor.
func (p *Pod) StartBackend(ctx context.Context, spec BackendSpec) (*Backend, error) {
	b := &Backend{Spec: spec, pod: p}
	c, err := p.join(ctx, spec.Image, "backend", func(h *container.HostConfig) {
		if p.shared {
			h.VolumesFrom = []string{p.Proxy}
		}
		if spec.Memory > 0 {
			h.Memory, h.MemorySwap = spec.Memory, spec.Memory
		}
	}, testcontainers.WithEntrypoint("sh", "-c", supervise), testcontainers.WithCmd(Supervisor+spec.Name))
	if err != nil {
		return nil, fmt.Errorf("create backend %s: %w", spec.Name, err)
	}
	b.ID = c.GetContainerID()
	if err := c.Start(ctx); err != nil {
		return nil, fmt.Errorf("start backend %s: %w", spec.Name, err)
	}
	return b, nil
}

// Remove removes the container.
func (b *Backend) Remove(ctx context.Context) error { return b.pod.drop(ctx, b.ID) }

// Log is what a run wrote to its standard output and error, in the order in which Docker took it.
// Of a long log the end is read.
func (b *Backend) Log(ctx context.Context, run int) (string, error) {
	stream, err := b.pod.engine.docker.ContainerLogs(ctx, b.ID, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Tail: "5000"})
	if err != nil {
		return "", fmt.Errorf("read the log of backend %s: %w", b.Spec.Name, err)
	}
	defer stream.Close()
	text, err := sinceMark(stream, fmt.Sprintf("%s%d\n", runMark, run))
	if err != nil {
		return "", fmt.Errorf("read the log of backend %s: %w", b.Spec.Name, err)
	}
	return text, nil
}

// sinceMark puts both outputs together, each from behind the mark in it. Docker Engine sends frames
// with a header of eight bytes: the output's number, three that are zero, and the length (API
// reference, "Attach to a container").
func sinceMark(r io.Reader, mark string) (string, error) {
	var both bytes.Buffer
	begun := map[byte]bool{}
	var header [8]byte
	for {
		if _, err := io.ReadFull(r, header[:]); errors.Is(err, io.EOF) {
			return both.String(), nil
		} else if err != nil {
			return "", err
		}
		frame := make([]byte, binary.BigEndian.Uint32(header[4:]))
		if _, err := io.ReadFull(r, frame); err != nil {
			return "", err
		}
		switch output := header[0]; {
		case output == byte(stdcopy.Systemerr):
			return "", errors.New(string(bytes.TrimSpace(frame)))
		case begun[output]:
			both.Write(frame)
		case string(frame) == mark: // Docker makes a frame of each line
			begun[output] = true
		}
	}
}

package containers

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/moby/moby/client"
)

// Exec runs the badgateway command beside the proxy, in the sidecar's container, and returns what it
// printed and its status. The proxy's file system is there where sidecar.Proxy says.
func (p *Pod) Exec(ctx context.Context, args ...string) (out string, status int, err error) {
	docker := p.engine.docker.Client
	created, err := docker.ExecCreate(ctx, p.sidecar, client.ExecCreateOptions{
		Cmd: append([]string{"/badgateway"}, args...), AttachStdout: true, AttachStderr: true, TTY: true, // one stream of both
	})
	if err != nil {
		return "", 0, fmt.Errorf("exec in the sidecar: %w", err)
	}
	attached, err := docker.ExecAttach(ctx, created.ID, client.ExecAttachOptions{TTY: true})
	if err != nil {
		return "", 0, fmt.Errorf("exec in the sidecar: %w", err)
	}
	defer attached.Close()
	text, err := io.ReadAll(attached.Reader)
	if err != nil {
		return "", 0, fmt.Errorf("exec in the sidecar: read: %w", err)
	}
	end, err := docker.ExecInspect(ctx, created.ID, client.ExecInspectOptions{})
	if err != nil {
		return "", 0, fmt.Errorf("exec in the sidecar: %w", err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n"), end.ExitCode, nil
}

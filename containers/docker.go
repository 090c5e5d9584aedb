// Package containers makes images and pods on testcontainers-go. It alone knows
// Docker: what leaves it are addresses, tokens and errors.
//
// A pod is the sidecar's container, which owns the network and PID namespaces, and in
// them the proxy's and those of real backends: the shape of a Kubernetes pod. Proxies can come and go in
// one pod. No network and no volume is created, so a pod is gone when its containers are.
package containers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"
)

// ErrUnavailable says that there is no Docker Engine to talk to.
var ErrUnavailable = errors.New("needs a running Docker Engine")

// Engine is a connection to the Docker Engine.
type Engine struct {
	docker *testcontainers.DockerClient
	owner  Owner
	reaper reaper
	turns  *turns
	// Logf receives what was done, a line at a time, and Statusf what is being done, which the next words replace.
	Logf, Statusf func(format string, args ...any)
}

// Connect finds the Docker Engine as the docker command does (DOCKER_HOST, its
// context, the default socket) and asks it for a sign of life. Everything that
// the Engine makes carries the owner's labels. The error wraps ErrUnavailable.
func Connect(ctx context.Context, owner Owner) (*Engine, error) {
	quietTestcontainers()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	docker, err := dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrUnavailable, oneLine(err))
	}
	if _, err := docker.Client.Ping(ctx, client.PingOptions{NegotiateAPIVersion: true}); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrUnavailable, oneLine(err))
	}
	silent := func(string, ...any) {}
	return &Engine{docker: docker, owner: owner, turns: newTurns(runtime.NumCPU()), Logf: silent, Statusf: silent}, nil
}

// dial finds the Engine. A DOCKER_HOST that does not answer would be passed over in silence, for
// another Engine, and where there is none at all testcontainers panics.
func dial(ctx context.Context) (docker *testcontainers.DockerClient, err error) {
	if host := os.Getenv("DOCKER_HOST"); host != "" {
		if err := answers(ctx); err != nil {
			return nil, fmt.Errorf("DOCKER_HOST=%s: %w", host, err)
		}
	}
	none := errors.New("none was found at its usual sockets")
	defer func() {
		if recover() != nil {
			err = none
		}
	}()
	docker, err = testcontainers.NewDockerClientWithOpts(ctx)
	if err != nil && strings.Contains(err.Error(), "rootless Docker not found") { // the last place it looked at
		err = none
	}
	return docker, err
}

func answers(ctx context.Context) error {
	c, err := client.New(client.FromEnv)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Ping(ctx, client.PingOptions{})
	return err
}

// sweepLimit bounds what is done at the end of a run.
const sweepLimit = 2 * time.Minute

// Close sweeps what the run left, but what is kept, and ends the connection and the process that guards the run.
func (e *Engine) Close() error {
	var err error
	if e.reaper.cmd != nil {
		ctx, cancel := context.WithTimeout(context.Background(), sweepLimit)
		defer cancel()
		_, err = e.Sweep(ctx, Which{Run: e.owner.Run})
	}
	return errors.Join(err, e.reaper.stop(err == nil), e.docker.Close())
}

// quietTestcontainers replaces testcontainers' container that cleans up (its
// image may not be pullable) by leases, labels and the sweep, and its chatter by silence. It is told the
// socket that only that container has a use for: to find it out it asks the Engine twice about its whole state.
func quietTestcontainers() {
	for name, value := range map[string]string{
		"TESTCONTAINERS_RYUK_DISABLED":          "true",
		"TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE": "/var/run/docker.sock",
	} {
		if os.Getenv(name) == "" {
			os.Setenv(name, value)
		}
	}
	log.SetDefault(silent{})
}

type silent struct{}

func (silent) Printf(string, ...any) {}

func oneLine(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}

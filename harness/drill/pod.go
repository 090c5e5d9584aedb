package drill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/badgateway/badgateway/containers"
	"github.com/badgateway/badgateway/harness/sidecar"
)

// Pod is one of the Docker Engine's with the client of its sidecar. Its lease is renewed until it is closed.
type Pod struct {
	*containers.Pod
	Client *sidecar.Client
	Root   string             // the proxy's file system, as the sidecar sees it
	stop   context.CancelFunc // of the renewal
	proxy  containers.ProxySpec
	free   []*containers.Backend // containers for real backends in which nothing runs
	used   []*containers.Backend
	made   int // of them
	pace   *pace
	begun  time.Time // of a proxy that is starting; zero when it serves
	again  bool      // another drill may find it, once it is as it was at its start
}

// StartPod starts a pod for something else than a drill, and returns when its proxy serves. The proxy's port is
// published on the loopback address, and sysctls hold in the pod's network namespace. The caller closes the pod.
func (env *Environment) StartPod(ctx context.Context, p Proxy, sysctls map[string]string) (*Pod, error) {
	if err := env.images.await(ctx, p.Image); err != nil {
		return nil, err
	}
	pod, err := env.open(ctx, podSpec{
		containers.PodSpec{Sidecar: env.sidecar, Publish: sidecar.ProxyPort, Lease: lease, Sysctls: sysctls}, containers.ProxySpec{Image: p.Image}, nil, false,
	})
	if err != nil {
		return nil, err
	}
	if err := pod.ready(ctx, p); err != nil {
		return nil, errors.Join(err, pod.Close(context.WithoutCancel(ctx)))
	}
	return pod, nil
}

// start starts a pod that has no proxy yet.
func (env *Environment) start(ctx context.Context, spec containers.PodSpec) (*Pod, error) {
	p, err := env.engine.StartPod(ctx, spec)
	if err != nil {
		return nil, err
	}
	client := sidecar.NewClient(p.Control, p.Token)
	return &Pod{Pod: p, Client: client, stop: renew(client), pace: &env.pace}, nil
}

// usualReady bounds how long a proxy may take until it serves.
const usualReady = 15 * time.Second

// ready waits until the pod's proxy serves.
func (p *Pod) ready(ctx context.Context, proxy Proxy) error {
	ctx, cancel := context.WithTimeout(ctx, p.pace.deadline(usualReady))
	defer cancel()
	at, err := p.Client.Ready(ctx)
	if err != nil {
		return fmt.Errorf("image %s: %w", proxy.Image, err)
	}
	p.Root = at.Root
	if !p.begun.IsZero() {
		p.pace.started(time.Since(p.begun))
		p.begun = time.Time{}
	}
	return nil
}

// Close removes the pod.
func (p *Pod) Close(ctx context.Context) error {
	p.stop()
	return p.Pod.Close(ctx)
}

// renew keeps a pod alive until stop is called, which ends the conversation.
func renew(client *sidecar.Client) (stop context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		tick := time.NewTicker(lease / 4)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				client.Renew(ctx)
			}
		}
	}()
	return func() {
		cancel()
		client.Close()
	}
}

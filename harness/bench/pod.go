package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/badgateway/badgateway/containers"
	"github.com/badgateway/badgateway/containers/nginx"
	"github.com/badgateway/badgateway/harness/sidecar"
)

const (
	lease     = 20 * time.Second
	agentPort = 47191
)

// pod is nginx with this very program beside it.
type pod struct {
	engine *containers.Engine
	inner  *containers.Pod
	stop   context.CancelFunc // of the lease's renewal
}

// startPod starts a pod whose sidecar is the running program. The newest nginx is taken.
func startPod(ctx context.Context) (*pod, error) {
	owner, err := containers.Self()
	if err != nil {
		return nil, err
	}
	engine, err := containers.Connect(ctx, owner)
	if err != nil {
		return nil, err
	}
	p := &pod{engine: engine, stop: func() {}}
	if err := p.start(ctx); err != nil {
		p.close()
		return nil, fmt.Errorf("start pod: %w", err)
	}
	return p, nil
}

func (p *pod) start(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := p.engine.Guard(self); err != nil {
		return err
	}
	image, err := nginx.Image(nginx.Newest())
	if err != nil {
		return err
	}
	proxy, spec := containers.ProxySpec{}, containers.PodSpec{Publish: agentPort, Lease: lease}
	if proxy.Image, err = p.engine.Ensure(ctx, image); err != nil {
		return err
	}
	if spec.Sidecar, err = p.engine.EnsureSidecar(ctx, self); err != nil {
		return err
	}
	if p.inner, err = p.engine.StartPod(ctx, spec); err != nil {
		return err
	}
	if err := p.inner.StartProxy(ctx, proxy); err != nil {
		return err
	}
	client := sidecar.NewClient(p.inner.Control, p.inner.Token)
	if _, err := client.Ready(ctx); err != nil {
		return err
	}
	p.prefer()
	renewing, stop := context.WithCancel(ctx)
	p.stop = stop
	go renew(renewing, client)
	return nil
}

func renew(ctx context.Context, client *sidecar.Client) {
	defer client.Close()
	for ctx.Err() == nil {
		_ = client.Renew(ctx)
		select {
		case <-time.After(lease / 4):
		case <-ctx.Done():
		}
	}
}

func (p *pod) close() {
	if p == nil {
		return
	}
	p.stop()
	if p.inner != nil {
		_ = p.inner.Close(context.Background())
	}
	_ = p.engine.Close()
}

// measure has the program in the pod measure a group.
func (p *pod) measure(ctx context.Context, s *Sheet) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+p.inner.Published+"/"+s.Group, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+p.inner.Token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("measure in the pod: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		answer, _ := io.ReadAll(res.Body)
		return fmt.Errorf("measure in the pod: %s: %s", res.Status, bytes.TrimSpace(answer))
	}
	return hear(res.Body, s)
}

package trial

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/badgateway/badgateway/containers"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/harness/drill"
	"github.com/badgateway/badgateway/harness/sidecar"
	"github.com/badgateway/badgateway/simulator"
)

// Pod is one proxy that is configured for all rows. Rows are tried one at a time.
type Pod struct {
	Version string
	pod     *containers.Pod
	client  *sidecar.Client
	stop    context.CancelFunc
}

// Start starts a proxy that serves the rows.
func Start(ctx context.Context, env *drill.Environment, proxy drill.Proxy, rows []Row) (*Pod, error) {
	pod, err := env.StartPod(ctx, proxy)
	if err != nil {
		return nil, err
	}
	p := &Pod{Version: proxy.Version, pod: pod, client: sidecar.NewClient(pod.Control, pod.Token)}
	p.renew()
	if err := p.client.Ready(ctx); err != nil {
		return nil, errors.Join(err, p.Close(context.WithoutCancel(ctx)))
	}
	if err := p.client.Configure(ctx, sidecar.Config{Files: map[string]string{sidecar.ConfigPath: Config(rows)}}); err != nil {
		return nil, errors.Join(fmt.Errorf("configure nginx %s: %w", proxy.Version, err), p.Close(context.WithoutCancel(ctx)))
	}
	return p, nil
}

// renew keeps the pod alive while other pods are being asked.
func (p *Pod) renew() {
	ctx, cancel := context.WithCancel(context.Background())
	p.stop = cancel
	go func() {
		tick := time.NewTicker(drill.Lease / 4)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				_ = p.client.Renew(ctx)
			}
		}
	}()
}

// Close removes the pod.
func (p *Pod) Close(ctx context.Context) error {
	p.stop()
	p.client.Close()
	return p.pod.Close(ctx)
}

// Seen is all that was observed of one row.
type Seen struct {
	Answer
	Events  []evidence.Event
	Alarms  []string // records at [alert] or [emerg]
	Log     string   // what the proxy logged
	Journal []simulator.Entry
}

// Try makes the fault, asks the proxy, and takes the fault away again.
func (p *Pod) Try(ctx context.Context, r Row) (seen Seen, err error) {
	name := r.id()
	err = p.client.Start(ctx, name, sidecar.Upstream{Listen: r.Listen(), Protocol: r.Place.Protocol, Fault: r.Fault.Name})
	if err != nil {
		return seen, err
	}
	defer func() { err = errors.Join(err, p.client.Stop(context.WithoutCancel(ctx), name)) }()
	for range r.Fault.Needs.Before {
		if _, err := ask(ctx, p.pod.Published, http.MethodGet, r.path(), 0); err != nil {
			return seen, err
		}
	}
	if err := pause(ctx, r.Fault.Needs.Pause); err != nil {
		return seen, err
	}
	mark, err := p.client.Mark(ctx)
	if err != nil {
		return seen, err
	}
	method := strings.TrimSpace(r.Fault.Needs.Method)
	if method == "" {
		method = http.MethodGet
	}
	if seen.Answer, err = ask(ctx, p.pod.Published, method, r.path(), r.Fault.Needs.Body); err != nil {
		return seen, err
	}
	return seen, p.look(ctx, name, mark, &seen)
}

func (p *Pod) look(ctx context.Context, name string, mark int64, seen *Seen) error {
	log, err := p.client.Log(ctx, mark)
	if err != nil {
		return err
	}
	seen.Events, seen.Alarms, seen.Log = log.Events, log.Alarms, log.Text
	page, err := p.client.Upstream(name).Journal(ctx, 0)
	seen.Journal = page.Entries
	return err
}

// pause lets time pass that is part of the fault: a kept connection lies idle.
func pause(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

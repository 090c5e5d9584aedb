package trial

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/harness/drill"
	"github.com/badgateway/badgateway/harness/sidecar"
	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/faults"
)

// Pod is one proxy that is configured for all rows, so that many can be tried at the same time.
type Pod struct {
	Version string
	proxy   string // address where the proxy answers
	pod     *drill.Pod
	client  *sidecar.Client
}

// Start starts a proxy that serves the rows.
func Start(ctx context.Context, env *drill.Environment, proxy drill.Proxy, rows []Row) (*Pod, error) {
	pod, err := env.StartPod(ctx, proxy, nil)
	if err != nil {
		return nil, err
	}
	p := &Pod{Version: proxy.Version, proxy: pod.Published, pod: pod, client: pod.Client}
	if err := p.Configure(ctx, rows); err != nil {
		return nil, errors.Join(fmt.Errorf("configure nginx %s: %w", proxy.Version, err), p.Close(context.WithoutCancel(ctx)))
	}
	return p, nil
}

// Configure makes the proxy pass to the rows and trust the authority of the upstreams' certificates, which is one for all of a sidecar.
func (p *Pod) Configure(ctx context.Context, rows []Row) error {
	const any = "authority"
	if err := p.client.Start(ctx, any, sidecar.Upstream{Listen: "tcp:127.0.0.1:0", Protocol: faults.HTTP}); err != nil {
		return err
	}
	trusted, err := p.client.Upstream(any).CA(ctx)
	if err := errors.Join(err, p.client.Stop(ctx, any)); err != nil {
		return err
	}
	return p.client.Configure(ctx, sidecar.Config{Files: map[string]string{
		authorityFile: string(trusted), sidecar.ConfigPath: Config(rows),
	}})
}

// Close removes the pod.
func (p *Pod) Close(ctx context.Context) error {
	return p.pod.Close(ctx)
}

// Seen is all that was observed of one row.
type Seen struct {
	Answer
	Events  []evidence.Event
	Alarms  []string // records at [alert] or [emerg] since the row began, of whatever row
	Log     string   // what the proxy logged about the row's request
	Journal []simulator.Entry
}

// Result is what came of one row; Err says that it could not be tried.
type Result struct {
	Seen
	Err error
}

// abreast is how many rows are tried at the same time: most of them wait for a timeout.
const abreast = 8

// TryAll tries all rows and returns what came of each, in their order.
func (p *Pod) TryAll(ctx context.Context, rows []Row) []Result {
	results := make([]Result, len(rows))
	places := make(chan struct{}, abreast)
	var wg sync.WaitGroup
	for i, r := range rows {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			results[i].Seen, results[i].Err = p.Try(ctx, r)
		})
	}
	wg.Wait()
	return results
}

// Try makes the fault, asks the proxy, and takes the fault away again.
func (p *Pod) Try(ctx context.Context, r Row) (seen Seen, err error) {
	name := r.id()
	err = p.client.Start(ctx, name, sidecar.Upstream{Listen: r.Listen(), Protocol: r.Place.Protocol, Fault: r.Fault.Name, Transport: r.Place.Transport, Resolver: r.resolver()})
	if err != nil {
		return seen, err
	}
	defer func() { err = errors.Join(err, p.client.Stop(context.WithoutCancel(ctx), name)) }()
	mark, err := p.client.Mark(ctx)
	if err != nil {
		return seen, err
	}
	finish, err := p.prepare(ctx, r)
	if err != nil {
		return seen, err
	}
	seen.Answer, err = ask(ctx, p.proxy, cmp.Or(r.Fault.Needs.Method, http.MethodGet), r.path(), r.Fault.Needs.Body)
	if err := errors.Join(err, finish()); err != nil {
		return seen, err
	}
	return seen, p.look(ctx, r, mark, &seen)
}

// prepare does what the fault needs before the request that counts; finish waits for what is still under way.
func (p *Pod) prepare(ctx context.Context, r Row) (finish func() error, err error) {
	for range r.Fault.Needs.Before {
		if _, err := ask(ctx, p.proxy, http.MethodGet, r.path()+"?before", 0); err != nil {
			return nil, err
		}
	}
	if err := pause(ctx, r.Fault.Needs.Pause); err != nil {
		return nil, err
	}
	busy := make(chan error, r.Fault.Needs.Busy)
	for range r.Fault.Needs.Busy {
		go func() {
			_, err := ask(ctx, p.proxy, http.MethodGet, r.path()+"?busy", 0)
			busy <- err
		}()
	}
	finish = func() (err error) {
		for range r.Fault.Needs.Busy {
			err = errors.Join(err, <-busy)
		}
		return err
	}
	return finish, p.awaitRequests(ctx, r.id(), r.Fault.Needs.Busy)
}

// awaitRequests waits until the upstream has n requests under way.
func (p *Pod) awaitRequests(ctx context.Context, name string, n int) error {
	for {
		page, err := p.client.Upstream(name).Journal(ctx, 0)
		if err != nil {
			return err
		}
		have := 0
		for _, e := range page.Entries {
			if e.Kind == simulator.KindRequest {
				have++
			}
		}
		if have >= n {
			return nil
		}
		if err := pause(ctx, 3*time.Millisecond); err != nil {
			return err
		}
	}
}

// look takes from the log what speaks of the row's own request.
func (p *Pod) look(ctx context.Context, r Row, mark int64, seen *Seen) error {
	if err := p.lookAtLog(ctx, r, mark, seen); err != nil {
		return err
	}
	page, err := p.client.Upstream(r.id()).Journal(ctx, 0)
	seen.Journal = page.Entries
	return err
}

func (p *Pod) lookAtLog(ctx context.Context, r Row, mark int64, seen *Seen) error {
	log, err := p.client.Log(ctx, mark)
	if err != nil {
		return err
	}
	mine := " " + r.path() + " HTTP/"
	for line := range strings.Lines(log.Text) {
		if strings.Contains(line, mine) {
			seen.Log += line
		}
	}
	for _, e := range log.Events {
		if strings.Contains(e.Text, mine) {
			seen.Events = append(seen.Events, e)
		}
	}
	seen.Alarms = log.Alarms
	return nil
}

// pause lets time pass, where that is part of the fault or where there is nothing to be told by.
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

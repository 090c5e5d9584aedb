package sidecar

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/harness/late"
	"github.com/badgateway/badgateway/harness/scenario"
	"github.com/badgateway/badgateway/simulator/control"
)

// Client speaks to one sidecar. Errors are the sidecar's own words; those of type *Refused
// say that the request, not the environment, is at fault.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// NewClient returns a client for the control API at base.
func NewClient(base, token string) *Client {
	return &Client{base: base, token: token, http: &http.Client{Transport: &authorized{token, &http.Transport{MaxIdleConnsPerHost: 4}}}}
}

type authorized struct {
	token string
	next  http.RoundTripper
}

func (a *authorized) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+a.token)
	return a.next.RoundTrip(r)
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Ready waits until the sidecar answers and the proxy serves, and returns where it is. A context without a deadline
// gets one of a minute.
func (c *Client) Ready(ctx context.Context) (Proxy, error) {
	// The limit holds for a call that hangs as well as for the calls together.
	ctx, cancel := limited(ctx)
	defer cancel()
	var last error
	var proxy Proxy
	err := until(ctx, func() (bool, error) {
		var refused *Refused
		last = c.call(ctx, http.MethodGet, "/v1/proxy", nil, &proxy)
		return last == nil || errors.As(last, &refused), nil
	})
	if err := cmp.Or(last, err); err != nil {
		return proxy, fmt.Errorf("wait for the proxy: %w", err)
	}
	return proxy, nil
}

// Reset ends all that runs in the pod beside the proxy, which must be gone, and makes the pod as it was at
// its start. With an error it is not, and cannot be used again.
func (c *Client) Reset(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "/v1/reset", nil, nil)
}

// Renew keeps the pod alive for another lease.
func (c *Client) Renew(ctx context.Context) error {
	return c.call(ctx, http.MethodGet, "/v1/health", nil, nil)
}

// Configure writes files, has the proxy test them, and reloads.
func (c *Client) Configure(ctx context.Context, config Config) error {
	return c.call(ctx, http.MethodPut, "/v1/proxy/config", config, nil)
}

// Config returns the proxy's main configuration file as it stands.
func (c *Client) Config(ctx context.Context) (string, error) {
	var config Config
	err := c.call(ctx, http.MethodGet, "/v1/proxy/config", nil, &config)
	return config.Files[ConfigPath], err
}

// Files makes files in the proxy's file system.
func (c *Client) Files(ctx context.Context, files []scenario.File) error {
	return c.call(ctx, http.MethodPut, "/v1/proxy/files", Files{files}, nil)
}

// Mark returns where the log ends now.
func (c *Client) Mark(ctx context.Context) (int64, error) {
	var e Events
	err := c.call(ctx, http.MethodGet, "/v1/log", nil, &e)
	return e.Offset, err
}

// Log returns what the proxy logged since a mark.
func (c *Client) Log(ctx context.Context, since int64) (Events, error) {
	var e Events
	err := c.call(ctx, http.MethodGet, "/v1/log?since="+strconv.FormatInt(since, 10), nil, &e)
	return e, err
}

// Start starts a fake upstream.
func (c *Client) Start(ctx context.Context, name string, u Upstream) error {
	return c.call(ctx, http.MethodPut, "/v1/upstreams/"+url.PathEscape(name), u, nil)
}

// Run runs a server in the container of a backend, in place of what runs there, and returns the number of the run.
func (c *Client) Run(ctx context.Context, name string, run Run) (int, error) {
	var running Running
	err := c.call(ctx, http.MethodPut, "/v1/backends/"+url.PathEscape(name), run, &running)
	return running.Run, err
}

// Await waits for what the pod is to come to.
func (c *Client) Await(ctx context.Context, what Await) error {
	return c.call(ctx, http.MethodPost, "/v1/await", what, nil)
}

// Watch has the sidecar measure by how much the machine is late, until EndWatch.
func (c *Client) Watch(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "/v1/watch", nil, nil)
}

// EndWatch returns what was measured since Watch, of the sidecar itself and of the processes in the pod's other containers.
func (c *Client) EndWatch(ctx context.Context) (late.Measure, error) {
	var m late.Measure
	err := c.call(ctx, http.MethodDelete, "/v1/watch", nil, &m)
	return m, err
}

// Stop ends a fake upstream; its name is free then.
func (c *Client) Stop(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodDelete, "/v1/upstreams/"+url.PathEscape(name), nil, nil)
}

// Upstream returns the control API of one fake upstream.
func (c *Client) Upstream(name string) *control.Client {
	return &control.Client{BaseURL: c.base + "/v1/upstreams/" + url.PathEscape(name), HTTP: c.http}
}

// Names starts the pod's DNS server, or gives it another plan.
func (c *Client) Names(ctx context.Context, n Names) error {
	return c.call(ctx, http.MethodPut, "/v1/names", n, nil)
}

// Break makes kernel faults, in the place of those that it made before.
func (c *Client) Break(ctx context.Context, k Kernel) error {
	return c.call(ctx, http.MethodPut, "/v1/kernel", k, nil)
}

// Probe does what the look says and returns what was seen.
func (c *Client) Probe(ctx context.Context, look Look) (Seen, error) {
	var seen Seen
	err := c.call(ctx, http.MethodPost, "/v1/probe", look, &seen)
	return seen, err
}

// Evidence collects all that a diagnosis may look at.
func (c *Client) Evidence(ctx context.Context, what Collect) (evidence.Evidence, error) {
	var ev evidence.Evidence
	err := c.call(ctx, http.MethodPost, "/v1/evidence", what, &ev)
	return ev, err
}

// Apply carries a remedy out inside the pod.
func (c *Client) Apply(ctx context.Context, r diagnoser.Remedy) error {
	return c.call(ctx, http.MethodPost, "/v1/remedy", r, nil)
}

// limitHeader says how long the sidecar has for a request, as "1.5s". What it waits for itself it gives up then, and
// says what it was.
const limitHeader = "Badgateway-Limit"

// unlimited is the limit of a request that has none.
const unlimited = time.Minute

// limited gives a context a deadline, if it has none.
func limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, unlimited)
}

func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	ctx, cancel := limited(ctx)
	defer cancel()
	var body bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, &body)
	if err != nil {
		return err
	}
	end, _ := ctx.Deadline()
	req.Header.Set(limitHeader, (time.Until(end) * 9 / 10).String()) // its answer is to arrive before ours is over
	res, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("sidecar: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return sidecarError(res)
	}
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return fmt.Errorf("sidecar: read answer: %w", err)
	}
	return nil
}

func sidecarError(res *http.Response) error {
	var e struct{ Error string }
	if err := json.NewDecoder(res.Body).Decode(&e); err != nil || e.Error == "" {
		return fmt.Errorf("sidecar: %s", res.Status)
	}
	if res.StatusCode == http.StatusUnprocessableEntity {
		return &Refused{e.Error}
	}
	return fmt.Errorf("sidecar: %s", e.Error)
}

package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/strictyaml"
)

// Client steers a simulator through a Handler. Plans that are wrong come back as
// *strictyaml.Error, as they would from ParsePlan or SetPlan.
type Client struct {
	BaseURL string       // where the handler is mounted, without /v1
	HTTP    *http.Client // http.DefaultClient when nil
	Header  http.Header  // sent with each request: the mount's authorization
}

// Plan returns the YAML of the plan in force.
func (c *Client) Plan(ctx context.Context) ([]byte, error) {
	var text []byte
	err := c.call(ctx, http.MethodGet, "/v1/plan", nil, nil, &text)
	return text, err
}

// SetPlan sends a new plan; name is the file that errors speak of.
func (c *Client) SetPlan(ctx context.Context, name string, plan []byte, scope simulator.Scope) (uint64, error) {
	var g Generation
	query := url.Values{"scope": {string(scope)}, "name": {name}}
	err := c.call(ctx, http.MethodPut, "/v1/plan", query, plan, &g)
	return g.Generation, err
}

// Refuse closes the listener.
func (c *Client) Refuse(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "/v1/endpoint/refuse", nil, nil, nil)
}

// Resume listens again.
func (c *Client) Resume(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "/v1/endpoint/resume", nil, nil, nil)
}

// Restart restarts the application, with another plan unless plan is nil.
func (c *Client) Restart(ctx context.Context, name string, plan []byte) (uint64, error) {
	var g Generation
	err := c.call(ctx, http.MethodPost, "/v1/restart", url.Values{"name": {name}}, plan, &g)
	return g.Generation, err
}

// OpenGate lets those pass who wait for the gate.
func (c *Client) OpenGate(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodPost, "/v1/gates/"+url.PathEscape(name), nil, nil, nil)
}

// ShutGate makes who comes from now on wait.
func (c *Client) ShutGate(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodPost, "/v1/gates/"+url.PathEscape(name), url.Values{"shut": {"true"}}, nil, nil)
}

// Waiting is the number of connections that the gate holds back.
func (c *Client) Waiting(ctx context.Context, name string) (int, error) {
	var w Waiting
	err := c.call(ctx, http.MethodGet, "/v1/gates/"+url.PathEscape(name), nil, nil, &w)
	return w.Waiting, err
}

// Journal returns the entries after since.
func (c *Client) Journal(ctx context.Context, since uint64) (JournalPage, error) {
	var p JournalPage
	err := c.call(ctx, http.MethodGet, "/v1/journal", url.Values{"since": {strconv.FormatUint(since, 10)}}, nil, &p)
	return p, err
}

// Endpoint returns what the endpoint is at the moment.
func (c *Client) Endpoint(ctx context.Context) (simulator.ServerStatus, error) {
	var s simulator.ServerStatus
	err := c.call(ctx, http.MethodGet, "/v1/endpoint", nil, nil, &s)
	return s, err
}

// call sends one request and decodes the answer into what into points to.
func (c *Client) call(ctx context.Context, method, path string, query url.Values, body []byte, into any) error {
	resp, err := c.send(ctx, method, path, query, body, "")
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("read the simulator's answer: %w", err)
	}
	return decode(data, into)
}

// send returns a good answer, whose body the caller closes; a bad one is an error.
func (c *Client) send(ctx context.Context, method, path string, query url.Values, body []byte, accept string) (*http.Response, error) {
	target := strings.TrimSuffix(c.BaseURL, "/") + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("ask the simulator: %w", err)
	}
	for name, values := range c.Header {
		req.Header[name] = values
	}
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the simulator: %w", err)
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("read the simulator's answer: %w", err)
	}
	return nil, problem(resp, data)
}

func decode(data []byte, into any) error {
	switch into := into.(type) {
	case nil:
		return nil
	case *[]byte:
		*into = data
		return nil
	default:
		return json.Unmarshal(data, into)
	}
}

func problem(resp *http.Response, data []byte) error {
	var p Problem
	if err := json.Unmarshal(data, &p); err != nil || p.Message == "" {
		return fmt.Errorf("ask the simulator: %s", resp.Status)
	}
	if p.Line == 0 {
		return errors.New(p.Message)
	}
	return &strictyaml.Error{File: p.File, Line: p.Line, Column: p.Column, Text: p.Text, Message: p.Message}
}

package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"

	"github.com/badgateway/badgateway/simulator"
)

func (c *Client) post(ctx context.Context, path string, query ...string) error {
	values := url.Values{}
	for i := 0; i < len(query); i += 2 {
		values.Set(query[i], query[i+1])
	}
	return c.call(ctx, http.MethodPost, path, values, nil, nil)
}

// SetEndpoint brings the endpoint into a state, given in the YAML of a plan's endpoint; name is the file that errors speak of.
func (c *Client) SetEndpoint(ctx context.Context, name string, endpoint []byte) error {
	return c.call(ctx, http.MethodPut, "/v1/endpoint", url.Values{"name": {name}}, endpoint, nil)
}

// KillWithQueue stops accepting and closes the listener once n connections with requests are queued.
func (c *Client) KillWithQueue(ctx context.Context, n int) error {
	return c.post(ctx, "/v1/endpoint/kill_with_queue", "connections", strconv.Itoa(n))
}

// FillQueue makes an accept queue of length n and fills it.
func (c *Client) FillQueue(ctx context.Context, n int) error {
	return c.post(ctx, "/v1/endpoint/fill_queue", "backlog", strconv.Itoa(n))
}

// SetBacklog changes the length of the live accept queue.
func (c *Client) SetBacklog(ctx context.Context, n int) error {
	return c.post(ctx, "/v1/endpoint/backlog", "length", strconv.Itoa(n))
}

// Chmod gives the socket's file another mode.
func (c *Client) Chmod(ctx context.Context, mode fs.FileMode) error {
	return c.post(ctx, "/v1/endpoint/chmod", "mode", fmt.Sprintf("%04o", mode.Perm()))
}

// Chown gives the socket's file away.
func (c *Client) Chown(ctx context.Context, owner, group int) error {
	return c.post(ctx, "/v1/endpoint/chown", "owner", strconv.Itoa(owner), "group", strconv.Itoa(group))
}

// Unlink removes the socket's file.
func (c *Client) Unlink(ctx context.Context) error { return c.post(ctx, "/v1/endpoint/unlink") }

// LeaveStale closes the listener and leaves the socket's file.
func (c *Client) LeaveStale(ctx context.Context) error {
	return c.post(ctx, "/v1/endpoint/leave_stale")
}

// Frozen returns the plan with every random decision resolved.
func (c *Client) Frozen(ctx context.Context, connections, exchanges int) ([]byte, error) {
	var text []byte
	query := url.Values{"connections": {strconv.Itoa(connections)}, "exchanges": {strconv.Itoa(exchanges)}}
	err := c.call(ctx, http.MethodGet, "/v1/plan/frozen", query, nil, &text)
	return text, err
}

// Gates returns how many connections each gate holds back.
func (c *Client) Gates(ctx context.Context) (map[string]int, error) {
	var list GateList
	err := c.call(ctx, http.MethodGet, "/v1/gates", nil, nil, &list)
	return list.Gates, err
}

// Connections returns the open connections.
func (c *Client) Connections(ctx context.Context) ([]simulator.Connection, error) {
	var list ConnectionList
	err := c.call(ctx, http.MethodGet, "/v1/connections", nil, nil, &list)
	return list.Connections, err
}

// CloseConnection ends one connection by close(2).
func (c *Client) CloseConnection(ctx context.Context, conn uint64) error {
	return c.post(ctx, fmt.Sprintf("/v1/connections/%d/close", conn))
}

// ResetConnection resets one connection.
func (c *Client) ResetConnection(ctx context.Context, conn uint64) error {
	return c.post(ctx, fmt.Sprintf("/v1/connections/%d/reset", conn))
}

// Metrics returns the counters in Prometheus' text form.
func (c *Client) Metrics(ctx context.Context) ([]byte, error) {
	var text []byte
	err := c.call(ctx, http.MethodGet, "/v1/metrics", nil, nil, &text)
	return text, err
}

// ErrLost is returned by Follow when the bounded journal dropped entries before they could be sent.
var ErrLost = errors.New("the journal lost entries")

// Follow calls each with the journal's entries after since as they come, until
// each or ctx ends it. The error is that of each, ErrLost, or what broke the stream.
func (c *Client) Follow(ctx context.Context, since uint64, each func(simulator.Entry) error) error {
	resp, err := c.send(ctx, http.MethodGet, "/v1/journal", url.Values{"since": {strconv.FormatUint(since, 10)}}, nil, ndjson)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 8<<20) // a request's target can be long
	for lines.Scan() {
		var line struct {
			simulator.Entry
			Lost
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return fmt.Errorf("read the journal's stream: %w", err)
		}
		if line.Overflow > 0 {
			return fmt.Errorf("%w: %d of them", ErrLost, line.Overflow)
		}
		if err := each(line.Entry); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read the journal's stream: %w", err)
	}
	return io.EOF
}

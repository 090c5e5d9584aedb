package control_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/control"
)

// serve runs a simulator with a plan and a control service.
func serve(t *testing.T, listen, plan, token string) (*simulator.Server, *control.Client) {
	t.Helper()
	p, err := simulator.ParsePlan("plan.yaml", []byte(plan))
	if err != nil {
		t.Fatal(err)
	}
	srv, err := simulator.New(simulator.Config{Name: `a "quoted" name`, Listen: listen, Plan: p})
	if err == nil {
		err = srv.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	api, err := control.Serve(srv, control.Options{Listen: "127.0.0.1:0", Token: token})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Close() })
	return srv, &control.Client{BaseURL: api.URL(), Header: control.Bearer(token), HTTP: &http.Client{}}
}

func ask(t *testing.T, srv *simulator.Server, request string) net.Conn {
	t.Helper()
	network, addr, _ := strings.Cut(srv.Addr(), ":")
	c, err := net.Dial(network, addr)
	if err == nil {
		_, err = io.WriteString(c, request)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	return c
}

const get = "GET / HTTP/1.1\r\nHost: app\r\n\r\n"

func TestConnections(t *testing.T) {
	srv, c := serve(t, "tcp:127.0.0.1:0", `exchanges: [{name: held, match: {conn: 2+}, script: [{wait: g}, serve]}]`, "")
	ctx := within(t)
	idle := ask(t, srv, get)
	if _, err := idle.Read(make([]byte, 500)); err != nil {
		t.Fatal(err)
	}
	held, reset := ask(t, srv, get), ask(t, srv, get)
	if err := srv.Gate("g").AwaitWaiting(ctx, 2); err != nil {
		t.Fatal(err)
	}
	list, err := c.Connections(ctx)
	if err != nil || len(list) != 3 {
		t.Fatalf("got %+v, %v; want three connections", list, err)
	}
	if d := list[0]; d.Conn != 1 || d.Rule != "serve" || d.Exchange != 1 || d.Read != int64(len(get)) || d.Written != 67 || d.Peer != idle.LocalAddr().String() {
		t.Errorf("the first is %+v", d)
	}
	if d := list[1]; d.State != "running" || d.Step != "wait" || d.Rule != "held" || d.Written != 0 {
		t.Errorf("the held one is %+v", d)
	}
	if err := c.CloseConnection(ctx, 2); err != nil {
		t.Fatal(err)
	}
	if n, err := held.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("the closed one reads %d, %v", n, err)
	}
	if err := c.ResetConnection(ctx, 3); err != nil {
		t.Fatal(err)
	}
	if _, err := reset.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the reset one reads %v", err)
	}
	e, err := srv.Await(ctx, 0, func(e simulator.Entry) bool { return e.Conn == 3 && e.Kind == simulator.KindClose })
	if err != nil || e.By != simulator.ByControl || e.End != simulator.EndRST {
		t.Errorf("the journal has %+v, %v", e, err)
	}
	if err := c.CloseConnection(ctx, 99); err == nil || !strings.Contains(err.Error(), "no such open connection") {
		t.Errorf("an unknown one: got %v", err)
	}
}

func TestEndpointActions(t *testing.T) {
	srv, c := serve(t, "unix:"+t.TempDir()+"/app.sock", `{}`, "")
	ctx := within(t)
	path := strings.TrimPrefix(srv.Addr(), "unix:")
	state := func(want string) {
		t.Helper()
		if s, err := c.Endpoint(ctx); err != nil || s.State != want {
			t.Errorf("the endpoint is %+v, %v; want %s", s, err, want)
		}
	}
	do := func(err error, want string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		state(want)
	}
	do(c.Chmod(ctx, 0o640), "listen")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}
	do(c.Chown(ctx, os.Geteuid(), os.Getegid()), "listen")
	do(c.SetBacklog(ctx, 3), "listen")
	do(c.FillQueue(ctx, 1), "fill_queue")
	if s, _ := c.Endpoint(ctx); s.Queue == nil || (*s.Queue != simulator.Queue{Depth: 2, Limit: 1}) {
		t.Errorf("the queue is %+v", s.Queue)
	}
	do(c.SetEndpoint(ctx, "e.yaml", []byte("no_accept: true")), "no_accept")
	do(c.KillWithQueue(ctx, 1), "kill_with_queue")
	ask(t, srv, get)
	if _, err := srv.Await(ctx, 0, func(e simulator.Entry) bool { return e.Text == "killed" }); err != nil {
		t.Fatal(err)
	}
	do(c.Resume(ctx), "listen")
	do(c.Unlink(ctx), "missing")
	do(c.Resume(ctx), "listen")
	do(c.LeaveStale(ctx), "stale")
	for want, err := range map[string]error{
		"e.yaml:1:1: unknown field": c.SetEndpoint(ctx, "e.yaml", []byte("no_acept: true")),
		"only one of":               c.SetEndpoint(ctx, "e.yaml", []byte("{refuse: true, stale: true}")),
		"want a number from 1":      c.KillWithQueue(ctx, 0),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestJournalStreams(t *testing.T) {
	srv, c := serve(t, "tcp:127.0.0.1:0", `{}`, "")
	ctx := within(t)
	_ = ask(t, srv, get)
	enough := errors.New("enough")
	var kinds []string
	err := c.Follow(ctx, 0, func(e simulator.Entry) error {
		if kinds = append(kinds, e.Kind); e.Kind == simulator.KindWrite {
			return enough
		}
		return nil
	})
	if got := strings.Join(kinds, " "); err != enough || got != "plan endpoint accept request write" {
		t.Errorf("got %q, %v", got, err)
	}
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, c.BaseURL+"/v1/journal?limit=2", nil)
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Last-Event-ID", "1")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil || !strings.HasPrefix(string(text), "event: entry\nid: 2\ndata: {\"seq\":2,") || strings.Count(string(text), "\n\n") != 2 {
		t.Errorf("got %q, %v; want two events", text, err)
	}
}

// A stream says what the bounded journal dropped.
func TestStreamTellsWhatIsLost(t *testing.T) {
	srv, err := simulator.New(simulator.Config{Listen: "tcp:127.0.0.1:0", Journal: 2})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := srv.SetPlan(nil, simulator.NewConnections); err != nil {
			t.Fatal(err)
		}
	}
	api, err := control.Serve(srv, control.Options{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = api.Close() }()
	c := &control.Client{BaseURL: api.URL()}
	if err := c.Follow(within(t), 0, func(simulator.Entry) error { return nil }); !errors.Is(err, control.ErrLost) {
		t.Errorf("got %v, want that entries were lost", err)
	}
}

// A stream ends with the client and with the service, and there are only so many.
func TestStreamsAreBounded(t *testing.T) {
	_, c := serve(t, "tcp:127.0.0.1:0", `{}`, "")
	ctx, cancel := context.WithCancel(within(t))
	ended := make(chan error)
	began := make(chan struct{})
	for range 16 {
		go func() {
			first := true
			ended <- c.Follow(ctx, 0, func(simulator.Entry) error {
				if first {
					first = false
					began <- struct{}{}
				}
				return nil
			})
		}()
		<-began
	}
	if err := c.Follow(ctx, 0, func(simulator.Entry) error { return nil }); err == nil || !strings.Contains(err.Error(), "16 streams are open") {
		t.Errorf("one more: got %v", err)
	}
	cancel()
	for range 16 {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want that it was canceled", err)
		}
	}
}

// What another implementation of Prometheus' text form reads is what the server counted.
func TestMetrics(t *testing.T) {
	srv, c := serve(t, "tcp:127.0.0.1:0", `
exchanges: [{match: {path: /late}, script: [{sleep: 1ms}, serve, fin]}, {name: 'odd "name"\', match: {path: /odd}, script: [{wait: g}]}]`, "")
	ctx := within(t)
	_, _ = io.ReadAll(ask(t, srv, "GET /late HTTP/1.1\r\nHost: app\r\n\r\n"))
	ask(t, srv, "GET /odd HTTP/1.1\r\nHost: app\r\n\r\n")
	if err := srv.Gate("g").AwaitWaiting(ctx, 1); err != nil {
		t.Fatal(err)
	}
	for m := srv.Metrics(); m.Open != 1; m = srv.Metrics() { // the first one has been read to its end, and is about to be forgotten
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("%d connections are open, want 1", m.Open)
		}
	}
	text, err := c.Metrics(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var parser expfmt.TextParser
	families, err := parser.TextToMetricFamilies(strings.NewReader(string(text)))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	for _, tt := range []struct {
		name, label, value string
		want               float64
	}{
		{"connections_accepted_total", "upstream", `a "quoted" name`, 2},
		{"connections_open", "upstream", `a "quoted" name`, 1},
		{"connections_closed_total", "end", "fin", 1},
		{"exchanges_total", "rule", "exchanges[0]", 1},
		{"exchanges_total", "rule", `odd "name"\`, 1},
		{"exchanges_total", "rule", "serve", 0},
		{"read_bytes_total", "upstream", `a "quoted" name`, 65},
		{"written_bytes_total", "upstream", `a "quoted" name`, 67},
		{"step_lateness_seconds", "upstream", `a "quoted" name`, 1},
		{"accept_queue_depth", "upstream", `a "quoted" name`, 0},
		{"accept_queue_limit", "upstream", `a "quoted" name`, 511},
		{"plan_generation", "upstream", `a "quoted" name`, 1},
		{"gate_waiting", "gate", "g", 1},
	} {
		family := families["badgateway_upstream_"+tt.name]
		if family == nil || family.GetHelp() == "" {
			t.Errorf("%s is missing", tt.name)
			continue
		}
		if got := sampleOf(family, tt.label, tt.value); got != tt.want {
			t.Errorf("%s{%s=%q} is %v, want %v", tt.name, tt.label, tt.value, got, tt.want)
		}
	}
}

func sampleOf(family *dto.MetricFamily, label, value string) float64 {
	for _, m := range family.GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetName() == label && l.GetValue() == value {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return -1
}

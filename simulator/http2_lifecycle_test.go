package simulator_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/badgateway/badgateway/simulator"
)

// Close must leave no goroutine and no descriptor, whatever the streams are doing.
func TestCloseLeavesNothingOfHTTP2(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		goroutines, files := runtime.NumGoroutine(), descriptors(t)
		srv := start(t, listenOn(t, network), "http2", `
connections:
  - {match: {conn: 2}, script: [hang]}
exchanges:
  - {match: {path: /wait}, script: [{wait: never}]}
  - {match: {path: /sleep}, script: [{sleep: 1h}]}
  - {match: {path: /fill}, script: [{respond: {fill: 100MiB}}]}
  - {match: {path: /loop}, script: [{status: 200}, {loop: {script: [{sleep: 1ms}, {frame: {type: ping, stream: 0, text: "12345678"}}]}}]}
  - {match: {path: /torn}, script: [{stall_at: {mark: body, plus: 1}}, serve]}
idle: {after: 1h, then: fin}
default: [hang]`)
		c := dialHTTP2(t, srv)
		for i, path := range []string{"/wait", "/sleep", "/fill", "/loop", "/torn", "/hang"} {
			c.get(uint32(2*i+1), path)
		}
		awaitMatch(t, srv, func(e simulator.Entry) bool { return e.Kind == simulator.KindRequest && e.Path == "/hang" })
		second := dial(t, srv)
		awaitMatch(t, srv, func(e simulator.Entry) bool { return e.Kind == simulator.KindStep && e.Conn == 2 })
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
		_, _ = c.conn.Close(), second.Close()
		if got := descriptors(t); got > files {
			t.Errorf("%s: %d descriptors, before %d", network, got, files)
		}
		for limit := time.Now().Add(patience); runtime.NumGoroutine() > goroutines && time.Now().Before(limit); {
			runtime.Gosched() // a goroutine's last instructions come after it is counted out
		}
		if got := runtime.NumGoroutine(); got > goroutines {
			t.Errorf("%s: %d goroutines, before %d", network, got, goroutines)
		}
	}
}

// A connection lies idle only while no stream is open.
func TestIdleHTTP2(t *testing.T) {
	srv := start(t, "tcp:127.0.0.1:0", "http2", `
idle: {after: 20ms, then: fin}
exchanges: [{match: {path: /slow}, script: [{wait: go}, serve]}]`)
	c := dialHTTP2(t, srv)
	c.get(1, "/")
	c.get(3, "/slow")
	c.want("HEADERS 1", "DATA 1 END")
	if err := srv.Gate("go").AwaitWaiting(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	opened := time.Now()
	srv.Gate("go").Open()
	c.want("HEADERS 3", "DATA 3 END", "EOF")
	if took := time.Since(opened); took < 20*time.Millisecond {
		t.Errorf("the connection ended after %v, want at least 20ms", took)
	}
}

// A new plan for open connections holds from the next exchange on.
func TestNewPlanForAnOpenHTTP2Connection(t *testing.T) {
	srv := start(t, "tcp:127.0.0.1:0", "http2", `{}`)
	c := dialHTTP2(t, srv)
	c.get(1, "/")
	c.want("HEADERS 1", "DATA 1 END")
	plan, err := simulator.ParsePlan("new.yaml", []byte(`default: [{rst_stream: REFUSED_STREAM}]`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := srv.SetPlan(plan, simulator.OpenConnections); err != nil {
		t.Fatal(err)
	}
	c.get(3, "/")
	c.want("RST_STREAM 3 REFUSED_STREAM")
}

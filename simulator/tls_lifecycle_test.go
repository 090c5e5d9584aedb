package simulator_test

import (
	"bytes"
	"crypto/tls"
	"runtime"
	"testing"
	"time"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/authority"
)

// Close ends connections wherever TLS, a PROXY header or bytes are waited for, and leaves nothing.
func TestCloseLeavesNothingOfTLS(t *testing.T) {
	goroutines, files := runtime.NumGoroutine(), descriptors(t)
	srv := start(t, listenOn(t, "tcp"), "raw", `
endpoint: {tls: good, proxy_protocol: optional}
connections:
  - {match: {conn: 2}, script: [{stall_handshake: server_hello}]}
  - {match: {conn: 3}, script: [{dribble_handshake: {size: 1, gap: 1h}}]}
  - {match: {conn: 4}, script: [{read_n: 4KiB}]}
default: [{echo: 1}, {loop: {script: [{read_n: 1}]}}]`)
	served := tls.Client(dial(t, srv), trusting(t, srv))
	write(t, served, "x")
	if _, err := served.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	clients := 1
	for ; clients < 5; clients++ {
		c := dial(t, srv)
		if clients < 4 {
			write(t, c, "\x16\x03\x01\x00") // a ClientHello's beginning
		}
	}
	await(t, srv, simulator.KindHandshake, "")
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	for limit := time.Now().Add(patience); runtime.NumGoroutine() > goroutines && time.Now().Before(limit); {
		runtime.Gosched()
	}
	if got := runtime.NumGoroutine(); got > goroutines {
		t.Errorf("%d goroutines, were %d", got, goroutines)
	}
	if got := descriptors(t) - clients; got > files {
		t.Errorf("%d descriptors, were %d", got, files)
	}
}

// A new plan's certificate is shown to new connections, signed by the same authority; servers can share one.
func TestAuthorityOutlivesPlans(t *testing.T) {
	shared, err := authority.New()
	if err != nil {
		t.Fatal(err)
	}
	srv := start(t, listenOn(t, "tcp"), "http", `endpoint: {tls: expired}`)
	before, err := srv.CA()
	if err != nil {
		t.Fatal(err)
	}
	config := trusting(t, srv)
	if _, end := talk(t, dial(t, srv), config, secureGet); end == "close_notify or fin" {
		t.Errorf("the expired certificate was accepted")
	}
	setPlan(t, srv, `endpoint: {tls: good}`, simulator.NewConnections)
	if answer, end := talk(t, dial(t, srv), config, secureGet); answer == "" {
		t.Errorf("after the new plan: %s", end)
	}
	if after, err := srv.CA(); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the authority changed with the plan, %v", err)
	}
	for range 2 {
		plan := &simulator.Plan{Endpoint: simulator.Endpoint{TLS: &simulator.TLS{}}}
		other, err := simulator.New(simulator.Config{Listen: "tcp:127.0.0.1:0", Plan: plan, Authority: shared})
		if err != nil {
			t.Fatal(err)
		}
		if data, err := other.CA(); err != nil || !bytes.Equal(data, shared.PEM()) {
			t.Errorf("the shared authority is not used, %v", err)
		}
	}
}

// Plaintext connections that hang before their ClientHello end by themselves with the peer.
func TestPeerEndsBeforeItsHello(t *testing.T) {
	srv := start(t, listenOn(t, "unix"), "http", `{endpoint: {tls: good}, connections: [{match: {sni: app.test}, script: [rst]}]}`)
	c := dial(t, srv)
	write(t, c, "\x16\x03\x01")
	_ = c.Close()
	if e := await(t, srv, simulator.KindClose, ""); e.By != simulator.ByPeer {
		t.Errorf("ended by %s, want peer", e.By)
	}
	wantNoFailure(t, srv)
}

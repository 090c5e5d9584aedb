package simulator_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/simulator"
)

// The race of keep-alive: the first exchange is served, the second meets a connection that the application has just closed.
func TestKeepAliveRace(t *testing.T) {
	for _, ending := range []struct{ step, peer string }{{"fin", "eof"}, {"rst", "ECONNRESET"}} {
		endpoints(t, func(t *testing.T, listen, protocol string) {
			srv := start(t, listen, protocol, `exchanges: [{match: {exchange: 2+, method: POST}, script: [`+ending.step+`]}]`)
			c := dial(t, srv)
			write(t, c, requestBytes(protocol, "POST", "/", "a=b"))
			if got := readResponse(t, c, protocol); !strings.HasSuffix(got, "ok\n") {
				t.Errorf("first exchange: got %q", got)
			}
			write(t, c, requestBytes(protocol, "POST", "/", "a=b"))
			if answer, end := readAll(c); answer != "" || end != ending.peer {
				t.Errorf("%s: second exchange reads %q and %s, want %s", ending.step, answer, end, ending.peer)
			}
			wantNoFailure(t, srv)
		})
	}
}

func TestIdleMatch(t *testing.T) {
	srv := start(t, listenOn(t, "unix"), "http",
		`exchanges: [{match: {idle: 400ms}, script: [rst]}, {match: {exchange: 2, idle: 1us}, script: [{respond: {body: soon}}]}]`)
	c := dial(t, srv)
	for _, want := range []string{"ok\n", "soon", "ok\n"} {
		write(t, c, requestBytes("http", "GET", "/", ""))
		if got := readResponse(t, c, "http"); !strings.HasSuffix(got, want) {
			t.Errorf("got %q, want %q at its end", got, want)
		}
	}
	// The idle time itself is what is tested; it is long, so that a busy machine does not pass it before.
	time.Sleep(410 * time.Millisecond)
	write(t, c, requestBytes("http", "GET", "/", ""))
	if _, end := readAll(c); end != "ECONNRESET" {
		t.Errorf("after the idle time the peer reads %s, want ECONNRESET", end)
	}
}

func TestIdleConnectionIsEnded(t *testing.T) {
	for _, tt := range []struct{ network, then, peer string }{
		{"tcp", "fin", "eof"}, {"tcp", "rst", "ECONNRESET"}, {"unix", "fin", "eof"},
	} {
		srv := start(t, listenOn(t, tt.network), "fastcgi", `idle: {after: 30ms, then: `+tt.then+`}`)
		c := dial(t, srv)
		write(t, c, requestBytes("fastcgi", "GET", "/", ""))
		readResponse(t, c, "fastcgi")
		if _, end := readAll(c); end != tt.peer {
			t.Errorf("%s %s: the peer reads %s, want %s", tt.network, tt.then, end, tt.peer)
		}
		if e := await(t, srv, simulator.KindClose, ""); e.Rule != "idle" || e.End != tt.then {
			t.Errorf("got %+v, want %s by rule idle", e, tt.then)
		}
	}
}

func TestMatches(t *testing.T) {
	const plan = `
exchanges:
  - {match: {path: /a*z}, script: [{respond: {body: star}}]}
  - {match: {method: PUT, header: {X-Test: "y*"}}, script: [{respond: {body: put}}]}
  - {match: {any: [{path: /p}, {path: /q}], not: {method: GET}}, script: [{respond: {body: pq}}]}
  - {match: {all: [{path: /twice}]}, times: 2, script: [{respond: {body: twice}}]}
  - {match: {every: 2, path: /every}, script: [{respond: {body: second}}]}
  - {match: {while: maintenance}, script: [{respond: {body: closed}}]}
default: [{respond: {body: default}}]`
	endpoints(t, func(t *testing.T, listen, protocol string) {
		srv := start(t, listen, protocol, plan)
		c := dial(t, srv)
		for _, tt := range []struct{ method, path, want string }{
			{"GET", "/a/b/z?x=1", "star"}, {"GET", "/az", "star"}, {"GET", "/azy", "default"},
			{"PUT", "/", "put"}, {"POST", "/q", "pq"}, {"GET", "/q", "default"},
			{"GET", "/twice", "twice"}, {"GET", "/twice", "twice"}, {"GET", "/twice", "default"},
			{"GET", "/every", "default"}, {"GET", "/other", "default"}, {"GET", "/every", "second"},
		} {
			write(t, c, requestBytes(protocol, tt.method, tt.path, ""))
			if got := readResponse(t, c, protocol); !strings.HasSuffix(got, "\r\n\r\n"+tt.want) {
				t.Errorf("%s %s: got %q, want %s", tt.method, tt.path, got, tt.want)
			}
		}
		srv.Gate("maintenance").Open()
		write(t, c, requestBytes(protocol, "GET", "/", ""))
		if got := readResponse(t, c, protocol); !strings.HasSuffix(got, "closed") {
			t.Errorf("with the gate open: got %q", got)
		}
	})
}

func TestSetPlanScopes(t *testing.T) {
	endpoints(t, func(t *testing.T, listen, protocol string) {
		srv := start(t, listen, protocol, `default: [{respond: {body: one}}]`)
		c := dial(t, srv)
		ask := func(want string) {
			t.Helper()
			write(t, c, requestBytes(protocol, "GET", "/", ""))
			if got := readResponse(t, c, protocol); !strings.HasSuffix(got, want) {
				t.Errorf("got %q, want %s", got, want)
			}
		}
		ask("one")
		setPlan(t, srv, `default: [{respond: {body: two}}]`, simulator.NewConnections)
		ask("one")
		setPlan(t, srv, `default: [{respond: {body: three}}]`, simulator.OpenConnections)
		ask("three")
		if n := setPlan(t, srv, `default: [rst]`, simulator.OpenConnections); n != 4 {
			t.Errorf("got generation %d, want 4", n)
		}
		write(t, c, requestBytes(protocol, "GET", "/", ""))
		if _, end := readAll(c); end != "ECONNRESET" {
			t.Errorf("the plan that must leave input unread: the peer reads %s", end)
		}
		wantNoFailure(t, srv)
	})
}

func setPlan(t *testing.T, srv *simulator.Server, text string, scope simulator.Scope) uint64 {
	t.Helper()
	p, err := simulator.ParsePlan("plan.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	n, err := srv.SetPlan(p, scope)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestGateHoldsUntilOpen(t *testing.T) {
	srv := start(t, listenOn(t, "tcp"), "http", `
exchanges: [{match: {path: /open}, script: [{signal: g}, serve]}]
default: [{wait: g}, serve]`)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	held, other := dial(t, srv), dial(t, srv)
	write(t, held, requestBytes("http", "GET", "/", ""))
	if err := srv.Gate("g").AwaitWaiting(ctx, 1); err != nil {
		t.Fatal(err)
	}
	write(t, other, requestBytes("http", "GET", "/open", ""))
	readResponse(t, other, "http")
	if got := readResponse(t, held, "http"); !strings.HasSuffix(got, "ok\n") {
		t.Errorf("got %q", got)
	}
	if n := srv.Gate("g").Waiting(); n != 0 {
		t.Errorf("%d still wait", n)
	}
}

func TestHangEndsWithThePeer(t *testing.T) {
	endpoints(t, func(t *testing.T, listen, protocol string) {
		for _, script := range []string{"[hang]", "[no_read, hang]", "[{sleep: 1h}]", "[{wait: never}]", "[{stall_at: {mark: head_end}}, serve]"} {
			srv := start(t, listen, protocol, "default: "+script)
			c := dial(t, srv)
			write(t, c, requestBytes(protocol, "POST", "/", strings.Repeat("x", 9000)))
			await(t, srv, simulator.KindRequest, "")
			_ = c.Close()
			if e := await(t, srv, simulator.KindClose, ""); e.By != simulator.ByPeer {
				t.Errorf("%s: ended by %s, want peer", script, e.By)
			}
			if err := srv.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestStrictPlanReportsUnscripted(t *testing.T) {
	srv := start(t, listenOn(t, "tcp"), "http", `{strict: true, exchanges: [{match: {path: /known}, script: [serve]}]}`)
	c := dial(t, srv)
	for _, path := range []string{"/known", "/other"} {
		write(t, c, requestBytes("http", "GET", path, ""))
		readResponse(t, c, "http")
	}
	entries, _ := srv.Journal(0)
	var got []string
	for _, e := range entries {
		if e.Kind == simulator.KindUnscripted || e.Kind == simulator.KindRequest {
			got = append(got, e.Kind+" "+e.Path)
		}
	}
	if want := "request /known,unscripted /other"; strings.Join(got, ",") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

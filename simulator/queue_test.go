package simulator_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/badgateway/badgateway/simulator"
)

// endpointEntry is the last entry about the endpoint, which carries its queue.
func endpointEntry(t *testing.T, srv *simulator.Server, text string) simulator.Entry {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	e, err := srv.Await(ctx, 0, func(e simulator.Entry) bool { return e.Kind == simulator.KindEndpoint && e.Text == text })
	if err != nil {
		t.Fatalf("wait for the endpoint to be %s: %v", text, err)
	}
	return e
}

// A full queue is proven by the kernel's own figures, which the journal carries: one connection more than the limit.
func TestFilledQueueIsExact(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		for _, n := range []int{0, 1, 5} {
			t.Run(fmt.Sprint(network, n), func(t *testing.T) {
				srv := start(t, listenOn(t, network), "http", fmt.Sprintf("endpoint: {backlog: %d, fill_queue: true}", n))
				want := simulator.Queue{Depth: n + 1, Limit: n}
				if e := endpointEntry(t, srv, "fill_queue"); e.Queue == nil || *e.Queue != want {
					t.Errorf("the journal has %+v, want %+v", e.Queue, want)
				}
				if q := srv.Status().Queue; q == nil || *q != want {
					t.Errorf("the status has %+v, want %+v", q, want)
				}
				wantFull(t, srv, network)
				if err := srv.Resume(); err != nil {
					t.Fatal(err)
				}
				if err := connect(srv); err != nil {
					t.Errorf("after resume: %v", err)
				}
			})
		}
	}
}

// wantFull tries one connection more: TCP drops its packets, a unix socket says EAGAIN.
func wantFull(t *testing.T, srv *simulator.Server, network string) {
	t.Helper()
	addr := strings.TrimPrefix(srv.Addr(), network+":")
	if network == "tcp" {
		c, err := net.DialTimeout("tcp", addr, 50*time.Millisecond)
		var late net.Error
		if !errors.As(err, &late) || !late.Timeout() {
			t.Errorf("connecting gives %v, want a timeout", err)
		}
		if err == nil {
			_ = c.Close()
		}
		return
	}
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Close(fd) }()
	if err := syscall.Connect(fd, &syscall.SockaddrUnix{Name: addr}); err != syscall.EAGAIN {
		t.Errorf("connecting gives %v, want EAGAIN", err)
	}
}

func TestFillAndBacklogAtRunTime(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		srv := start(t, listenOn(t, network), "http", `{}`)
		if err := srv.FillQueue(2); err != nil {
			t.Fatal(err)
		}
		if q := srv.Status().Queue; q == nil || (*q != simulator.Queue{Depth: 3, Limit: 2}) {
			t.Errorf("%s: got %+v, want 3 of 2", network, q)
		}
		if err := srv.SetBacklog(7); err != nil { // there is room again
			t.Fatal(err)
		}
		if err := connect(srv); err != nil {
			t.Errorf("%s: with a longer queue: %v", network, err)
		}
		if q := srv.Status().Queue; q == nil || (*q != simulator.Queue{Depth: 4, Limit: 7}) {
			t.Errorf("%s: got %+v, want 4 of 7", network, q)
		}
	}
}

// The listener dies when the third connection's request is queued, not before, and resets all three.
func TestKillWithQueue(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		for _, how := range []string{"by the plan", "at run time"} {
			t.Run(network+" "+how, func(t *testing.T) {
				plan := "endpoint: {kill_with_queue: 3}"
				if how == "at run time" {
					plan = "{}"
				}
				srv := start(t, listenOn(t, network), "http", plan)
				if how == "at run time" {
					if err := srv.KillWithQueue(3); err != nil {
						t.Fatal(err)
					}
				}
				conns := []net.Conn{dial(t, srv), dial(t, srv), dial(t, srv), dial(t, srv)}
				for _, c := range conns[:2] {
					write(t, c, requestBytes("http", "GET", "/", ""))
				}
				for range 20 { // the trigger looks every few milliseconds; four connections, two requests
					if got := srv.Status(); got.State != "kill_with_queue" || got.Queue == nil {
						t.Fatalf("with two requests queued the state is %+v", got)
					}
					time.Sleep(time.Millisecond)
				}
				write(t, conns[2], "G")
				e := endpointEntry(t, srv, "killed")
				if e.Queue == nil || e.Queue.Depth != 4 {
					t.Errorf("the journal has %+v, want 4 connections in the queue", e.Queue)
				}
				for i, c := range conns {
					if _, end := readAll(c); end != "ECONNRESET" {
						t.Errorf("connection %d reads %s, want ECONNRESET", i, end)
					}
				}
				if err := connect(srv); !errors.Is(err, syscall.ECONNREFUSED) {
					t.Errorf("afterwards connecting gives %v, want ECONNREFUSED", err)
				}
				if got := srv.Status(); got.Accepted != 0 || got.State != "refuse" {
					t.Errorf("got %+v, want none accepted, and refuse", got)
				}
				if err := srv.Resume(); err != nil || connect(srv) != nil {
					t.Errorf("after resume: %v", err)
				}
				wantNoFailure(t, srv)
			})
		}
	}
}

// A connection that nobody accepted because of a pause is served when accepting begins: the listener stayed.
func TestPausedAcceptKeepsTheQueue(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		for _, state := range []string{"no_accept", "no_descriptors"} {
			srv := start(t, listenOn(t, network), "http", "endpoint: {"+state+": true}")
			c := dial(t, srv)
			write(t, c, requestBytes("http", "GET", "/", ""))
			if state == "no_descriptors" {
				e := await(t, srv, simulator.KindNoAccept, "")
				if e.Errno != "EMFILE" || e.Queue == nil || e.Queue.Depth != 1 {
					t.Errorf("%s: got %+v, want EMFILE with one connection in the queue", network, e)
				}
			}
			if got := srv.Status(); got.State != state || got.Accepted != 0 || got.Queue.Depth != 1 {
				t.Errorf("%s: got %+v", network, got)
			}
			if err := srv.Resume(); err != nil {
				t.Fatal(err)
			}
			if got := readResponse(t, c, "http"); !strings.HasSuffix(got, "ok\n") {
				t.Errorf("%s %s: got %q", network, state, got)
			}
		}
	}
}

func TestDelayedAccept(t *testing.T) {
	const delay = 20 * time.Millisecond
	srv := start(t, listenOn(t, "tcp"), "http", "endpoint: {accept_delay: 20ms}")
	began := time.Now()
	for range 3 {
		dial(t, srv)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for n := range uint64(3) {
		e, err := srv.Await(ctx, 0, func(e simulator.Entry) bool { return e.Kind == simulator.KindAccept && e.Conn == n+1 })
		if err != nil {
			t.Fatal(err)
		}
		if since := e.Time.Sub(began); since < time.Duration(n+1)*delay {
			t.Errorf("connection %d was accepted after %v, want at least %v", n+1, since, time.Duration(n+1)*delay)
		}
	}
}

// Two workers serve two connections; the third waits, in the queue or accepted, until one of them ends.
func TestWorkers(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		for _, waiting := range []string{"queue", "accepted"} {
			t.Run(network+" "+waiting, func(t *testing.T) {
				srv := start(t, listenOn(t, network), "http", "{endpoint: {workers: 2, waiting: "+waiting+"}, default: [{wait: g}, serve]}")
				var conns []net.Conn
				for range 4 {
					c := dial(t, srv)
					write(t, c, "GET / HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n")
					conns = append(conns, c)
				}
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				if err := srv.Gate("g").AwaitWaiting(ctx, 2); err != nil {
					t.Fatal(err)
				}
				want := uint64(2)
				if waiting == "accepted" {
					want = 4
					if _, err := srv.Await(ctx, 0, func(e simulator.Entry) bool { return e.Kind == simulator.KindWaiting && e.Conn == 4 }); err != nil {
						t.Fatal(err)
					}
					_ = conns[2].Close() // it gives up its place and takes no worker with it
				}
				got := srv.Status()
				if got.Accepted != want || got.Queue.Depth != 4-int(want) {
					t.Errorf("%d accepted and %d in the queue, want %d and %d", got.Accepted, got.Queue.Depth, want, 4-want)
				}
				if n := srv.Gate("g").Waiting(); n != 2 {
					t.Errorf("%d are served, want 2", n)
				}
				srv.Gate("g").Open()
				for i, c := range conns {
					if waiting == "accepted" && i == 2 {
						continue
					}
					if answer, _ := readAll(c); !strings.HasSuffix(answer, "ok\n") {
						t.Errorf("connection %d got %q", i, answer)
					}
				}
			})
		}
	}
}

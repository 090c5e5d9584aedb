package simulator_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/badgateway/badgateway/simulator"
)

// writes lists how many bytes each write of an exchange had, and when it happened.
func writes(srv *simulator.Server) (sizes []int64, times []time.Time) {
	entries, _ := srv.Journal(0)
	for _, e := range entries {
		if e.Kind == simulator.KindWrite {
			sizes, times = append(sizes, e.Bytes), append(times, e.Time)
		}
	}
	return sizes, times
}

func TestDribbleSendsPiecesBySchedule(t *testing.T) {
	endpoints(t, func(t *testing.T, listen, protocol string) {
		const gap = 10 * time.Millisecond
		srv := start(t, listen, protocol, `default: [{dribble: {size: 25, gap: 10ms, until: head_end}}, {respond: {fill: 1000}}]`)
		c := dial(t, srv)
		write(t, c, requestBytes(protocol, "GET", "/", ""))
		readResponse(t, c, protocol)
		_ = c.Close()
		await(t, srv, simulator.KindClose, "")
		sizes, times := writes(srv)
		if n := len(sizes); n < 3 || sizes[0] > 25 || sizes[1] > 25 || sizes[n-1] < 1000 {
			t.Fatalf("writes of %v bytes, want pieces of at most 25 and then the body", sizes)
		}
		for i := 1; i < len(times); i++ {
			if since := times[i].Sub(times[0]); since < time.Duration(i-1)*gap {
				t.Errorf("write %d came %v after the first, want at least %v", i, since, time.Duration(i-1)*gap)
			}
		}
	})
}

func TestLoops(t *testing.T) {
	srv := start(t, listenOn(t, "tcp"), "http", `
exchanges: [{match: {path: /three}, script: [{loop: {times: 3, script: [{send: ab}]}}, fin]}]
default: [{loop: {script: [{send: tick}, {wait: {gate: g, for: 1ms}}]}}]`)
	c := dial(t, srv)
	write(t, c, requestBytes("http", "GET", "/three", ""))
	if got, _ := readAll(c); got != "ababab" {
		t.Errorf("got %q, want ababab", got)
	}
	c = dial(t, srv)
	write(t, c, requestBytes("http", "GET", "/", ""))
	ticks := make([]byte, 20)
	if _, err := io.ReadFull(c, ticks); err != nil || string(ticks) != strings.Repeat("tick", 5) {
		t.Errorf("got %q, %v", ticks, err)
	}
	_ = c.Close()
	if _, err := srv.Await(t.Context(), 0, func(e simulator.Entry) bool {
		return e.Kind == simulator.KindClose && e.Conn == 2 && e.By == simulator.ByPeer
	}); err != nil {
		t.Error(err)
	}
}

// After vanish the peer learns nothing: its read only ends by its own deadline.
func TestVanish(t *testing.T) {
	plan, err := simulator.ParsePlan("p", []byte(`default: [vanish]`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = simulator.New(simulator.Config{Listen: "tcp:127.0.0.1:0", Plan: plan}); err != nil {
		t.Skipf("needs NET_ADMIN: %v", err)
	}
	srv := start(t, listenOn(t, "tcp"), "http", `default: [vanish]`)
	c := dial(t, srv)
	write(t, c, requestBytes("http", "GET", "/", ""))
	if e := await(t, srv, simulator.KindClose, ""); e.End != simulator.EndVanish {
		t.Errorf("got %+v, want vanish", e)
	}
	_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the peer reads %v, want nothing until its deadline", err)
	}
	wantNoFailure(t, srv)
}

// fullQueue is what connecting to a full accept queue gives: a unix socket refuses, TCP stays silent.
func TestFillQueue(t *testing.T) {
	unixSrv := start(t, listenOn(t, "unix"), "http", `endpoint: {backlog: 3, fill_queue: true}`)
	if err := tryConnect(t, unixSrv); err != syscall.EAGAIN {
		t.Errorf("unix: got %v, want EAGAIN", err)
	}
	tcpSrv := start(t, listenOn(t, "tcp"), "http", `endpoint: {backlog: 3, fill_queue: true}`)
	if err := tryConnect(t, tcpSrv); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("tcp: got %v, want silence", err)
	}
	for _, srv := range []*simulator.Server{unixSrv, tcpSrv} {
		if err := srv.Restart(nil); err != nil {
			t.Fatal(err)
		}
		if err := connect(srv); err != nil {
			t.Errorf("after a restart: %v", err)
		}
	}
}

func tryConnect(t *testing.T, srv *simulator.Server) error {
	t.Helper()
	if path, ok := strings.CutPrefix(srv.Addr(), "unix:"); ok {
		fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = syscall.Close(fd) }()
		return syscall.Connect(fd, &syscall.SockaddrUnix{Name: path})
	}
	client := http.Client{Timeout: 100 * time.Millisecond}
	_, err := client.Get("http://" + strings.TrimPrefix(srv.Addr(), "tcp:"))
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		return os.ErrDeadlineExceeded
	}
	return err
}

func TestPathIsSomethingElse(t *testing.T) {
	for kind, want := range map[string]syscall.Errno{"regular": syscall.ECONNREFUSED, "datagram": syscall.EPROTOTYPE} {
		listen := listenOn(t, "unix")
		srv := start(t, listen, "http", `endpoint: {path_is: `+kind+`}`)
		if err := connect(srv); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", kind, err, want)
		}
		if err := srv.Restart(nil); err != nil {
			t.Fatal(err)
		}
		if err := connect(srv); err != nil {
			t.Errorf("%s: after a restart: %v", kind, err)
		}
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	}
}

// With a small window and nobody reading, the peer cannot send its request.
func TestNoReadStopsTheSender(t *testing.T) {
	for _, listen := range []string{listenOn(t, "tcp"), listenOn(t, "unix")} {
		plan := `{connections: [{script: [no_read, hang]}]}`
		if strings.HasPrefix(listen, "tcp") {
			plan = `{endpoint: {receive_buffer: 4KiB}, connections: [{script: [no_read, hang]}]}`
		}
		srv := start(t, listen, "http", plan)
		c := dial(t, srv)
		_ = c.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
		n, err := c.Write(make([]byte, 64<<20))
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: sent %d bytes, %v; want the sender stopped", listen, n, err)
		}
	}
}

func TestDrainAtARate(t *testing.T) {
	endpoints(t, func(t *testing.T, listen, protocol string) {
		srv := start(t, listen, protocol, `default: [{drain: {rate: 1000}}, {respond: {body: done}}]`)
		c := dial(t, srv)
		begin := time.Now()
		write(t, c, requestBytes(protocol, "POST", "/", strings.Repeat("x", 250)))
		if got := readResponse(t, c, protocol); !strings.HasSuffix(got, "done") {
			t.Errorf("got %q", got)
		}
		if took := time.Since(begin); took < 200*time.Millisecond {
			t.Errorf("250 bytes at 1000 a second took %v", took)
		}
	})
}

// An early answer with lingering close reaches a client that is still sending; with a plain close it is destroyed.
func TestEarlyAnswer(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		srv := start(t, listenOn(t, network), "http", `default: [no_read, {respond: {status: 413}}, linger_close]`)
		c := dial(t, srv)
		write(t, c, "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 8388608\r\n\r\n")
		written := make(chan error, 1)
		go func() {
			_, err := c.Write(make([]byte, 8<<20))
			written <- err
		}()
		got := readResponse(t, c, "http")
		if err := <-written; err != nil || !strings.HasPrefix(got, "HTTP/1.1 413") {
			t.Errorf("%s: got %q, sending ended with %v", network, got, err)
		}
		_ = c.Close()
		if e := await(t, srv, simulator.KindClose, ""); e.End != simulator.EndFIN {
			t.Errorf("%s: got %+v, want fin", network, e)
		}
	}
}

func TestInformationalAndContinue(t *testing.T) {
	srv := start(t, listenOn(t, "tcp"), "http", `default: [read_body, {informational: {status: 103, header: {Link: </a>}}}, serve]`)
	var hints []string
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
		hints = append(hints, h.Get("Link"))
		return nil
	}})
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+strings.TrimPrefix(srv.Addr(), "tcp:"), strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Expect", "100-continue")
	client := http.Client{Transport: &http.Transport{ExpectContinueTimeout: patience}}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 200 || strings.Join(hints, ",") != ",</a>" { // 100 comes without a link, then 103
		t.Errorf("got %s with hints %q", resp.Status, hints)
	}
	if e := await(t, srv, simulator.KindBody, ""); e.Bytes != 4 {
		t.Errorf("the body had %d bytes, want 4", e.Bytes)
	}
}

// A process that stops accepting and ends resets what lies in its queue.
func TestRefuseResetsTheQueue(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		srv := start(t, listenOn(t, network), "http", `endpoint: {no_accept: true}`)
		c := dial(t, srv)
		write(t, c, requestBytes("http", "GET", "/", ""))
		if err := srv.Refuse(); err != nil {
			t.Fatal(err)
		}
		if _, end := readAll(c); end != "ECONNRESET" {
			t.Errorf("%s: the queued connection reads %s, want ECONNRESET", network, end)
		}
	}
}

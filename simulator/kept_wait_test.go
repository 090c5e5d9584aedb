package simulator

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const keptRequest = "GET / HTTP/1.1\r\nHost: app\r\n\r\n"

// keptClient has a server that is busy with the second request of a kept connection, inside the
// wait, until release.
func keptClient(t *testing.T, listen string) (srv *Server, c net.Conn, release func()) {
	t.Helper()
	srv, err := New(Config{Listen: listen})
	if err == nil {
		err = srv.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	network, addr, _ := strings.Cut(srv.Addr(), ":")
	if c, err = net.Dial(network, addr); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	askKept(t, c)
	keptUntil(t, srv, func(c Connection) bool { return c.State == "idle" })
	srv.journal.mu.Lock()
	release = sync.OnceFunc(srv.journal.mu.Unlock)
	t.Cleanup(release)
	if _, err := io.WriteString(c, keptRequest); err != nil {
		t.Fatal(err)
	}
	keptUntil(t, srv, func(c Connection) bool { return c.Read == int64(2*len(keptRequest)) })
	return srv, c, release
}

// keptUntil waits until the one connection is as wanted.
func keptUntil(t *testing.T, srv *Server, wanted func(Connection) bool) {
	t.Helper()
	for limit := time.Now().Add(10 * time.Second); !wanted(srv.Connections()[0]); time.Sleep(20 * time.Microsecond) {
		if time.Now().After(limit) {
			t.Fatalf("the connection is still %+v", srv.Connections()[0])
		}
	}
}

func askKept(t *testing.T, c net.Conn) {
	t.Helper()
	if _, err := io.WriteString(c, keptRequest); err != nil {
		t.Fatal(err)
	}
	readKept(t, c)
}

func readKept(t *testing.T, c net.Conn) {
	t.Helper()
	if _, err := io.ReadFull(c, make([]byte, 67)); err != nil {
		t.Fatal(err)
	}
}

// keptEnd waits for the end of the one connection.
func keptEnd(t *testing.T, srv *Server) Entry {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	e, err := srv.Await(ctx, 0, func(e Entry) bool { return e.Kind == KindClose })
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func keptOn(t *testing.T, f func(t *testing.T, listen string)) {
	t.Run("tcp", func(t *testing.T) { f(t, "tcp:127.0.0.1:0") })
	t.Run("unix", func(t *testing.T) { f(t, "unix:"+t.TempDir()+"/app.sock") })
}

// A request and the peer's end come as one event while the connection is busy: both are seen.
func TestKeptEndWithTheRequest(t *testing.T) {
	keptOn(t, func(t *testing.T, listen string) {
		srv, c, release := keptClient(t, listen)
		_, _ = io.WriteString(c, keptRequest)
		_ = c.(writeCloser).CloseWrite()
		release()
		if answers, err := io.ReadAll(c); err != nil || len(answers) != 2*67 {
			t.Errorf("got %q, %v, want two answers and the end", answers, err)
		}
		if e := keptEnd(t, srv); e.By != ByPeer || e.End != EndFIN || e.Exchange != 3 {
			t.Errorf("got %v, want the peer's FIN after the third exchange", e)
		}
	})
}

// A reset behind a request, too, is seen although no event follows it.
func TestKeptResetWithTheRequest(t *testing.T) {
	srv, c, release := keptClient(t, "tcp:127.0.0.1:0")
	_, _ = io.WriteString(c, keptRequest)
	_ = c.(*net.TCPConn).SetLinger(0)
	_ = c.Close()
	release()
	if e := keptEnd(t, srv); e.By != ByPeer || e.End != EndRST || e.Errno != "ECONNRESET" && e.Errno != "EPIPE" {
		t.Errorf("got %v, want the peer's reset", e)
	}
}

// What comes while the connection is busy is no event of the wait that follows, and is answered all
// the same.
func TestKeptRequestsBehindEachOther(t *testing.T) {
	keptOn(t, func(t *testing.T, listen string) {
		_, c, release := keptClient(t, listen)
		_, _ = io.WriteString(c, keptRequest)
		release()
		readKept(t, c)
		readKept(t, c)
		askKept(t, c)
	})
}

// A stop that comes while the connection is busy ends it, also where requests keep coming.
func TestKeptStop(t *testing.T) {
	keptOn(t, func(t *testing.T, listen string) {
		srv, c, release := keptClient(t, listen)
		go func() {
			for {
				if _, err := io.WriteString(c, keptRequest); err != nil {
					return
				}
			}
		}()
		release()
		ended := make(chan error)
		go func() { ended <- srv.Close() }()
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("Close did not return")
		}
		if e := keptEnd(t, srv); e.By != ByStop {
			t.Errorf("got %v, want an end by stop", e)
		}
		if _, err := io.Copy(io.Discard, c); err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Error(err)
		}
	})
}

// A plan for open connections holds from the next request on.
func TestKeptConnectionTakesUpAPlan(t *testing.T) {
	keptOn(t, func(t *testing.T, listen string) {
		srv, c, release := keptClient(t, listen)
		release()
		readKept(t, c)
		if _, err := srv.SetPlan(&Plan{Default: Do(Respond(Response{Body: "no\n"}))}, OpenConnections); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			_, _ = io.WriteString(c, keptRequest)
			answer := make([]byte, 67)
			if _, err := io.ReadFull(c, answer); err != nil || !strings.HasSuffix(string(answer), "no\n") {
				t.Errorf("got %q, %v, want the answer of the new plan", answer, err)
			}
		}
	})
}

package simulator_test

import (
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/simulator"
	"golang.org/x/sys/unix"
)

// ask sends a request over and over on one connection and reads the answer of known length.
func ask(b *testing.B, network, addr, request string, answer int) {
	b.RunParallel(func(pb *testing.PB) {
		c, err := net.Dial(network, addr)
		if err != nil {
			b.Error(err)
			return
		}
		defer func() { _ = c.Close() }()
		buf := make([]byte, answer)
		for pb.Next() {
			if _, err := io.WriteString(c, request); err != nil {
				b.Error(err)
				return
			}
			if _, err := io.ReadFull(c, buf); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

const benchRequest = "GET / HTTP/1.1\r\nHost: app\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"

func BenchmarkServe(b *testing.B) {
	for _, protocol := range []string{"http", "fastcgi"} {
		b.Run(protocol, func(b *testing.B) {
			srv, err := simulator.New(simulator.Config{Listen: "tcp:127.0.0.1:0", Protocol: protocol})
			if err == nil {
				err = srv.Start()
			}
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = srv.Close() }()
			request, answer := benchRequest, 67
			if protocol == "fastcgi" {
				request, answer = requestBytes("fastcgi", "GET", "/", ""), 104
			}
			b.SetParallelism(32)
			b.ReportAllocs()
			ask(b, "tcp", strings.TrimPrefix(srv.Addr(), "tcp:"), request, answer)
		})
	}
}

// BenchmarkNetHTTP is what BenchmarkServe is compared with, in the same run.
func BenchmarkNetHTTP(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h["Date"] = nil
		h.Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, "ok\n")
	})}
	go func() { _ = srv.Serve(l) }()
	defer func() { _ = srv.Close() }()
	b.SetParallelism(32)
	b.ReportAllocs()
	ask(b, "tcp", l.Addr().String(), benchRequest, 67)
}

// A connection that hangs must cost little, so that thousands can: at most
// 4.5 KiB of heap and stack in HTTP and 7 KiB in FastCGI. The clients are bare descriptors and cost nothing here.
func TestHungConnectionsAreSmall(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector's own memory would be measured")
	}
	const n = 2000
	for protocol, limit := range map[string]int64{"http": 4608, "fastcgi": 7168} {
		srv, err := simulator.New(simulator.Config{Listen: listenOn(t, "unix"), Protocol: protocol, Journal: 256,
			Plan: &simulator.Plan{Default: simulator.Do(simulator.Hang())}})
		if err == nil {
			err = srv.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		request := []byte(requestBytes(protocol, "GET", "/", ""))
		before, seen := inUse(), uint64(0)
		for i := range uint64(n) {
			fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			if err == nil {
				err = unix.Connect(fd, &unix.SockaddrUnix{Name: strings.TrimPrefix(srv.Addr(), "unix:")})
			}
			if err == nil {
				_, err = unix.Write(fd, request)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = unix.Close(fd) }()
			e, err := srv.Await(t.Context(), seen, func(e simulator.Entry) bool { return e.Step == "hang" && e.Conn == i+1 })
			if err != nil {
				t.Fatal(err)
			}
			seen = e.Seq
		}
		each := (inUse() - before) / n
		t.Logf("%s: %d bytes per hung connection", protocol, each)
		if each > limit {
			t.Errorf("%s: %d bytes per hung connection, want at most %d", protocol, each, limit)
		}
		if err := srv.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// inUse is heap and stack memory after a collection.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

package simulator_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/fastcgi"
	"github.com/badgateway/badgateway/simulator/faults"
)

// nginx: "connect() failed (111: Connection refused) while connecting to upstream", 502.
func Example_refused() {
	srv := serve("tcp:127.0.0.1:0", "http", nil)
	defer srv.Close()
	fmt.Println(get(srv))
	if err := srv.Refuse(); err != nil {
		log.Fatal(err)
	}
	http.DefaultClient.CloseIdleConnections()
	fmt.Println(get(srv))
	// Output:
	// 200, 3 bytes
	// connection refused
}

// nginx: "connect() to unix:… failed (11: Resource temporarily unavailable) while connecting to upstream", 502 at once;
// over TCP the same fault is "upstream timed out (110: Connection timed out) while connecting to upstream", 504.
func Example_queueFull() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "app.sock")
	srv := serve("unix:"+path, "http", faults.QueueFull(2))
	defer srv.Close()
	// As nginx does, and unlike package net, this connects without blocking.
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer syscall.Close(fd)
	fmt.Println(syscall.Connect(fd, &syscall.SockaddrUnix{Name: path}))
	// Output: resource temporarily unavailable
}

// nginx: "upstream prematurely closed connection while reading response header from upstream", 502.
func Example_closeAfterRequest() {
	srv := serve("tcp:127.0.0.1:0", "http", faults.Close())
	defer srv.Close()
	_, err := http.Get(url(srv))
	fmt.Println(errors.Is(err, io.EOF))
	// Output: true
}

// nginx: "recv() failed (104: Connection reset by peer) while reading response header from upstream", 502.
func Example_resetInHeader() {
	srv := serve("tcp:127.0.0.1:0", "http", faults.ResetInHeader(10))
	defer srv.Close()
	c, err := net.Dial("tcp", strings.TrimPrefix(srv.Addr(), "tcp:"))
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: shop\r\n\r\n")
	header, err := io.ReadAll(c)
	fmt.Printf("%q\n%s\n", header, lastWords(err))
	// Output:
	// "HTTP/1.1 200 OK\r\nX-App: shop-frontend\r\nContent-Ty"
	// connection reset by peer
}

// nginx: "upstream timed out (110: Connection timed out) while reading response header from upstream", 504.
func Example_hang() {
	srv := serve("tcp:127.0.0.1:0", "http", faults.Hang())
	defer srv.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url(srv), nil)
	if err != nil {
		log.Fatal(err)
	}
	_, err = http.DefaultClient.Do(req)
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output: true
}

// nginx: "upstream prematurely closed connection while reading upstream"; its client gets a truncated 200.
func Example_closeInBody() {
	srv := serve("tcp:127.0.0.1:0", "http", faults.CloseInBody(512))
	defer srv.Close()
	fmt.Println(get(srv))
	// Output: 200, 512 bytes, unexpected EOF
}

// nginx: "upstream sent invalid chunked response while reading upstream".
func Example_invalidChunk() {
	srv := serve("tcp:127.0.0.1:0", "http", faults.InvalidChunk(16, simulator.FIN()))
	defer srv.Close()
	fmt.Println(get(srv))
	// Output: 200, 16 bytes, invalid byte in chunk length
}

// nginx: "upstream sent too big header while reading response header from upstream", 502.
func Example_oversizedHeader() {
	srv := serve("tcp:127.0.0.1:0", "http", faults.OversizedHeader(16<<10))
	defer srv.Close()
	res, err := http.Get(url(srv))
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	fmt.Println(res.StatusCode, len(res.Header.Get("X-Session")))
	// Output: 200 16384
}

// nginx: "upstream sent no valid HTTP/1.0 header while reading response header from upstream"; the bytes are passed through.
func Example_garbage() {
	srv := serve("tcp:127.0.0.1:0", "http", faults.Garbage("SSH-2.0-OpenSSH_9.2p1\r\n"))
	defer srv.Close()
	_, err := http.Get(url(srv))
	fmt.Println(err != nil && strings.Contains(err.Error(), "malformed HTTP response"))
	// Output: true
}

// nginx: "upstream prematurely closed connection while reading response header from upstream". It sends a GET
// again over another connection; a POST is a 502.
func Example_keepAliveRace() {
	srv := serve("tcp:127.0.0.1:0", "http", faults.KeepAliveClose(1))
	defer srv.Close()
	c, err := net.Dial("tcp", strings.TrimPrefix(srv.Addr(), "tcp:"))
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	answers := bufio.NewReader(c)
	for range 2 {
		fmt.Fprint(c, "POST /pay HTTP/1.1\r\nHost: shop\r\nContent-Length: 3\r\n\r\na=1")
		res, err := http.ReadResponse(answers, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		body, _ := io.ReadAll(res.Body)
		fmt.Printf("%d %q\n", res.StatusCode, body)
	}
	// Output:
	// 200 "ok\n"
	// unexpected EOF
}

// nginx: "upstream sent unexpected FastCGI record: 3 while reading response header from upstream", 502.
func Example_overloaded() {
	srv := serve("tcp:127.0.0.1:0", "fastcgi", faults.EndStatus(fastcgi.Overloaded))
	defer srv.Close()
	c, err := net.Dial("tcp", strings.TrimPrefix(srv.Addr(), "tcp:"))
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	b := fastcgi.AppendRecord(nil, fastcgi.BeginRequest, 1, fastcgi.Begin{Role: fastcgi.Responder}.Append(nil), 0)
	b = fastcgi.AppendRecord(b, fastcgi.Params, 1, fastcgi.AppendParam(nil, "REQUEST_METHOD", "GET"), 0)
	b = fastcgi.AppendRecord(b, fastcgi.Params, 1, nil, 0)
	b = fastcgi.AppendRecord(b, fastcgi.Stdin, 1, nil, 0)
	if _, err := c.Write(b); err != nil {
		log.Fatal(err)
	}
	answer, err := io.ReadAll(c)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("type %d, protocol status %d\n", answer[1], answer[8+4])
	// Output: type 3, protocol status 2
}

// nginx: "FastCGI sent in stderr: "PHP message: Warning" while reading response header from upstream", and a good 200. By its name:
func Example_byName() {
	fault, err := faults.Lookup("stderr-then-answer")
	if err != nil {
		log.Fatal(err)
	}
	place := faults.Place{Protocol: faults.FastCGI, Transport: faults.TCP}
	config, err := fault.Config(place, "tcp:127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	srv, err := simulator.New(config)
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	outcome, _ := fault.Expect(place, "1.30")
	fmt.Println(fault.Cause)
	fmt.Println(outcome.Answer(), outcome.Log)
	// Output:
	// app-stderr-noise
	// 200 FastCGI sent in stderr: "PHP message: Warning" while reading response header from upstream
}

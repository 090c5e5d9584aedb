package simulator_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/fastcgi"
	"github.com/badgateway/badgateway/simulator/uwsgi"
)

// endpoints are the kinds of sockets that behaviors must hold for.
func endpoints(t *testing.T, f func(t *testing.T, listen, protocol string)) {
	for _, network := range []string{"tcp", "unix"} {
		for _, protocol := range []string{"http", "fastcgi"} {
			t.Run(network+"/"+protocol, func(t *testing.T) {
				f(t, listenOn(t, network), protocol)
			})
		}
	}
}

func listenOn(t *testing.T, network string) string {
	if network == "tcp" {
		return "tcp:127.0.0.1:0"
	}
	return "unix:" + t.TempDir() + "/app.sock"
}

// patience ends a test that hangs; nothing is expected to take it.
const patience = 10 * time.Second

func dial(t *testing.T, srv *simulator.Server) net.Conn {
	t.Helper()
	network, addr, _ := strings.Cut(srv.Addr(), ":")
	c, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return c
}

// requestBytes is one kept-alive request.
func requestBytes(protocol, method, path, body string) string {
	switch protocol {
	case "uwsgi":
		packet, _ := uwsgi.AppendPacket(nil, [2]string{"REQUEST_METHOD", method}, [2]string{"REQUEST_URI", path},
			[2]string{"HTTP_X_TEST", "yes"}, [2]string{"CONTENT_LENGTH", strconv.Itoa(len(body))})
		return string(packet) + body
	case "http":
		return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: app\r\nX-Test: yes\r\nContent-Length: %d\r\n\r\n%s", method, path, len(body), body)
	}
	b := fastcgi.AppendRecord(nil, fastcgi.BeginRequest, 1, fastcgi.Begin{Role: fastcgi.Responder, Flags: fastcgi.KeepConn}.Append(nil), 0)
	var params []byte
	for _, p := range [][2]string{{"REQUEST_METHOD", method}, {"REQUEST_URI", path}, {"HTTP_X_TEST", "yes"}, {"SCRIPT_NAME", "/index.php"}} {
		params = fastcgi.AppendParam(params, p[0], p[1])
	}
	b = fastcgi.AppendRecord(b, fastcgi.Params, 1, params, fastcgi.AlignedPadding(len(params)))
	b = fastcgi.AppendRecord(b, fastcgi.Params, 1, nil, 0)
	if body != "" {
		b = fastcgi.AppendRecord(b, fastcgi.Stdin, 1, []byte(body), 3)
	}
	return string(fastcgi.AppendRecord(b, fastcgi.Stdin, 1, nil, 0))
}

func write(t *testing.T, c net.Conn, s string) {
	t.Helper()
	if _, err := io.WriteString(c, s); err != nil {
		t.Fatal(err)
	}
}

// readAll reads to the connection's end and names it: eof, ECONNRESET or timeout.
func readAll(c net.Conn) (answer, end string) {
	data, err := io.ReadAll(c)
	switch {
	case err == nil:
		return string(data), "eof"
	case errors.Is(err, syscall.ECONNRESET):
		return string(data), "ECONNRESET"
	default:
		return string(data), err.Error()
	}
}

// readResponse reads one response of a kept-alive connection and returns its text: in FastCGI, what was sent on stdout.
func readResponse(t *testing.T, c net.Conn, protocol string) string {
	t.Helper()
	if protocol == "http" {
		return readHTTP(t, c)
	}
	var text strings.Builder
	for {
		rec, err := fastcgi.ReadRecord(c)
		if err != nil {
			t.Fatal(err)
		}
		switch rec.Type {
		case fastcgi.Stdout:
			text.Write(rec.Content)
		case fastcgi.EndRequest:
			return text.String()
		}
	}
}

func readHTTP(t *testing.T, c net.Conn) string {
	t.Helper()
	var text strings.Builder
	one := make([]byte, 1)
	for !strings.HasSuffix(text.String(), "\r\n\r\n") {
		if _, err := io.ReadFull(c, one); err != nil {
			t.Fatalf("after %q: %v", text.String(), err)
		}
		text.Write(one)
	}
	var length int
	if _, tail, ok := strings.Cut(text.String(), "Content-Length: "); ok {
		_, _ = fmt.Sscanf(tail, "%d", &length)
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(c, body); err != nil {
		t.Fatal(err)
	}
	return text.String() + string(body)
}

// await waits for a journal entry of a kind and, unless empty, a step.
func await(t *testing.T, srv *simulator.Server, kind, step string) simulator.Entry {
	t.Helper()
	return awaitMatch(t, srv, func(e simulator.Entry) bool {
		return e.Kind == kind && (step == "" || e.Step == step)
	})
}

func awaitMatch(t *testing.T, srv *simulator.Server, match func(simulator.Entry) bool) simulator.Entry {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	e, err := srv.Await(ctx, 0, match)
	if err != nil {
		t.Fatalf("wait for an entry of the journal: %v", err)
	}
	return e
}

// wantNoFailure checks that each step had the effect it is named after.
func wantNoFailure(t *testing.T, srv *simulator.Server) {
	t.Helper()
	entries, _ := srv.Journal(0)
	for _, e := range entries {
		if e.Kind == simulator.KindFailed || e.Kind == simulator.KindMalformed {
			t.Errorf("journal: %s: %s", e.Kind, e.Text)
		}
	}
}

// within is a context that ends a test that hangs.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

package simulator_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/fastcgi"
)

// Each accept tells what is left in the queue behind it, as the kernel counts it.
func TestQueueAtAccept(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			srv := start(t, listenOn(t, network), "http", `endpoint: {no_accept: true, backlog: 7}`)
			for range 3 {
				dial(t, srv)
			}
			for ctx := within(t); srv.Status().Queue.Depth < 3 && ctx.Err() == nil; { // TCP's handshake ends a moment after connect(2)
				runtime.Gosched()
			}
			if err := srv.Resume(); err != nil {
				t.Fatal(err)
			}
			for conn, want := range []int{2, 1, 0} {
				e := awaitMatch(t, srv, func(e simulator.Entry) bool { return e.Kind == simulator.KindAccept && e.Conn == uint64(conn+1) })
				if e.Queue == nil || *e.Queue != (simulator.Queue{Depth: want, Limit: 7}) {
					t.Errorf("connection %d: got %v, want %d left of 7", e.Conn, e.Queue, want)
				}
				if line := fmt.Sprintf("accept queue %d/7", want); !strings.HasSuffix(e.String(), line) {
					t.Errorf("got %q, want %q at its end", e, line)
				}
			}
		})
	}
}

// The end of a connection tells what it carried, and what the peer never acknowledged.
func TestTrafficAtClose(t *testing.T) {
	request := requestBytes("http", "POST", "/", "some body")
	for _, tt := range []struct {
		name, network, script string
		read, written         int
	}{
		{"all is read", "tcp", `[{respond: {body: hi}}, fin]`, len(request), 66},
		{"all is read", "unix", `[{respond: {body: hi}}, fin]`, len(request), 66},
		{"the body is not", "unix", `[leave_unread, {send: early}, close]`, 0, 5},
		{"delivered before the reset", "tcp", `[read_body, {send: early}, flush, rst]`, len(request), 5},
	} {
		t.Run(tt.name+" "+tt.network, func(t *testing.T) {
			srv := start(t, listenOn(t, tt.network), "http", "default: "+tt.script)
			c := dial(t, srv)
			write(t, c, request)
			readAll(c)
			e := await(t, srv, simulator.KindClose, "")
			if e.Traffic == nil || e.Traffic.Read != int64(tt.read) || e.Traffic.Written != int64(tt.written) {
				t.Errorf("got %v, want %d and %d bytes", e.Traffic, tt.read, tt.written)
			}
			if strings.Contains(tt.script, "flush") && e.Traffic.Unacknowledged != 0 {
				t.Errorf("%d bytes are unacknowledged after flush", e.Traffic.Unacknowledged)
			}
		})
	}
}

// A peer that reads nothing has not acknowledged all when the connection is reset.
func TestTrafficThatAResetDiscards(t *testing.T) {
	srv := start(t, "tcp:127.0.0.1:0", "http", `default: [{fill: 64MiB}]`)
	write(t, dial(t, srv), requestBytes("http", "GET", "/", ""))
	await(t, srv, simulator.KindRequest, "")
	for ctx := within(t); srv.Connections()[0].Written < 64<<10 && ctx.Err() == nil; {
		runtime.Gosched()
	}
	if err := srv.ResetConnection(1); err != nil {
		t.Fatal(err)
	}
	e := await(t, srv, simulator.KindClose, "")
	if e.End != simulator.EndRST || e.Traffic.Unacknowledged <= 0 || e.Traffic.Unacknowledged > e.Traffic.Written {
		t.Errorf("got %v", e)
	}
}

// Over TLS the account is of plaintext.
func TestTrafficOverTLS(t *testing.T) {
	srv := start(t, "tcp:127.0.0.1:0", "http", `{endpoint: {tls: {}}, default: [{respond: {body: hi, header: {Connection: close}}}]}`)
	c := tls.Client(dial(t, srv), trusting(t, srv))
	if _, err := io.WriteString(c, secureGet); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	e := await(t, srv, simulator.KindClose, "")
	if e.Traffic.Read != int64(len(secureGet)) || e.Traffic.Written != int64(len(answer)) {
		t.Errorf("got %v, want %d and %d bytes", e.Traffic, len(secureGet), len(answer))
	}
}

// A filter is sent DATA after STDIN, and its request is complete when both are (FastCGI specification, 6.4).
func TestFilterReadsData(t *testing.T) {
	srv := start(t, "tcp:127.0.0.1:0", "fastcgi", `exchanges: [{match: {role: filter}, script: [read_body, {respond: {body: done}}]}]`)
	c := dial(t, srv)
	b := fastcgi.AppendRecord(nil, fastcgi.BeginRequest, 1, fastcgi.Begin{Role: fastcgi.Filter, Flags: fastcgi.KeepConn}.Append(nil), 0)
	b = fastcgi.AppendRecord(b, fastcgi.Params, 1, nil, 0)
	b = fastcgi.AppendRecord(b, fastcgi.Stdin, 1, []byte("body"), 4)
	b = fastcgi.AppendRecord(b, fastcgi.Stdin, 1, nil, 0)
	write(t, c, string(b))
	b = fastcgi.AppendRecord(nil, fastcgi.Data, 1, []byte("a file"), 2)
	write(t, c, string(fastcgi.AppendRecord(b, fastcgi.Data, 1, nil, 0)))
	if e := await(t, srv, simulator.KindBody, ""); e.Bytes != 10 {
		t.Errorf("got %d bytes of STDIN and DATA, want 10", e.Bytes)
	}
	if text := readResponse(t, c, "fastcgi"); !strings.HasSuffix(text, "done") {
		t.Errorf("got %q", text)
	}
}

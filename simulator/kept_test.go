package simulator_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/fastcgi"
	"golang.org/x/sys/unix"
)

// What comes in one piece is answered inside the wait, what comes in two is not: nobody can see
// which it was.
func TestKeptRequestsInPieces(t *testing.T) {
	const plan = `{exchanges: [{match: {path: /fin}, script: [{respond: {body: bye}}, fin]},
		{match: {path: /steps}, script: [read_body, serve]}, {match: {idle: 1h}, script: [rst]}]}`
	endpoints(t, func(t *testing.T, listen, protocol string) {
		for name, request := range keptRequests(protocol) {
			t.Run(name, func(t *testing.T) {
				whole := keptJournal(t, listen, protocol, plan, request, len(request))
				for cut := 1; cut < len(request); cut += 1 + len(request)/12 {
					if got := keptJournal(t, listen, protocol, plan, request, cut); got != whole {
						t.Errorf("cut at %d of %d, got\n%swant\n%s", cut, len(request), got, whole)
					}
				}
			})
		}
	})
}

func keptRequests(protocol string) map[string]string {
	get := requestBytes(protocol, "GET", "/", "")
	post := requestBytes(protocol, "POST", "/", "some body")
	list := map[string]string{"get": get, "post": post, "two at once": get + get}
	for _, path := range []string{"fin", "steps"} {
		list[path] = requestBytes(protocol, "GET", "/"+path, "")
	}
	if protocol == "http" {
		list["close"] = strings.Replace(get, "X-Test", "Connection: close\r\nX-Test", 1)
		list["malformed"] = "GET / HTTP/1.1\r\nno colon\r\n\r\n"
		return list
	}
	names := fastcgi.AppendParam(nil, "FCGI_MAX_REQS", "")
	list["a question first"] = string(fastcgi.AppendRecord(nil, fastcgi.GetValues, 0, names, 0)) + get
	list["parameters of another request"] = string(fastcgi.AppendRecord(nil, fastcgi.Params, 7, nil, 0)) + get
	return list
}

// keptJournal sends a request in two pieces on a kept connection, then ends it, and returns what
// came back and what the journal says.
func keptJournal(t *testing.T, listen, protocol, plan, request string, cut int) string {
	srv := start(t, listen, protocol, plan)
	c := dial(t, srv)
	for range 2 {
		write(t, c, requestBytes(protocol, "GET", "/", ""))
		readResponse(t, c, protocol)
	}
	write(t, c, request[:cut])
	if cut < len(request) {
		first := int64(2*len(requestBytes(protocol, "GET", "/", "")) + cut)
		for ctx := within(t); ctx.Err() == nil; time.Sleep(20 * time.Microsecond) {
			if m := srv.Metrics(); m.Read >= first || m.Open == 0 {
				break
			}
		}
		_, _ = io.WriteString(c, request[cut:])
	}
	_ = c.(interface{ CloseWrite() error }).CloseWrite()
	answer, end := readAll(c)
	await(t, srv, simulator.KindClose, "")
	entries, _ := srv.Journal(0)
	text := fmt.Sprintf("%q %s\n", answer, end)
	for _, e := range entries {
		e.Seq, e.Time, e.Queue, e.Traffic = 0, time.Time{}, nil, nil
		text += e.String() + "\n"
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	return text
}

// On a kept TCP connection nothing is read only to find out that nothing is there. The kernel
// counts read(2) of this process, and the client makes none.
func TestKeptConnectionReadsOnce(t *testing.T) {
	if _, err := os.Stat("/proc/self/io"); err != nil {
		t.Skip("the kernel does not count the system calls of a process: ", err)
	}
	for _, protocol := range []string{"http", "fastcgi"} {
		srv := start(t, "tcp:127.0.0.1:0", protocol, "{}")
		c := dial(t, srv)
		request := []byte(requestBytes(protocol, "GET", "/", ""))
		raw, err := c.(*net.TCPConn).File() // blocking, so that the client needs no poller
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = raw.Close() }()
		fd := int(raw.Fd())
		exchange := func() {
			if err := unix.Sendto(fd, request, unix.MSG_NOSIGNAL, nil); err != nil {
				t.Fatal(err)
			}
			answer := make([]byte, 4096)
			if n, _, err := unix.Recvfrom(fd, answer, 0); err != nil || !strings.Contains(string(answer[:n]), "ok\n") {
				t.Fatalf("got %q, %v", answer[:max(n, 0)], err)
			}
		}
		exchange()
		before := reads(t)
		const n = 200
		for range n {
			exchange()
		}
		if got := reads(t) - before; got > n/4 {
			t.Errorf("%s: %d calls of read(2) for %d requests on a kept connection, want next to none", protocol, got, n)
		}
	}
}

func reads(t *testing.T) (n int) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Fatal(err)
	}
	_, tail, _ := strings.Cut(string(text), "syscr: ")
	if _, err := fmt.Sscan(tail, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

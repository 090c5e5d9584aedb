package probe

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// keepAlive answers requests on a connection until one comes later than limit after the
// last answer; late then decides what becomes of it.
func keepAlive(limit time.Duration, late func(net.Conn)) func(int, net.Conn) {
	return func(_ int, c net.Conn) {
		in := bufio.NewReader(c)
		for last := time.Now(); ; last = time.Now() {
			if _, err := http.ReadRequest(in); err != nil {
				return
			}
			if time.Since(last) > limit {
				late(c)
				return
			}
			_, _ = io.WriteString(c, ok)
		}
	}
}

// closeIdle closes a connection by itself once it was idle for limit.
func closeIdle(limit time.Duration, end func(net.Conn)) func(int, net.Conn) {
	return func(_ int, c net.Conn) {
		in := bufio.NewReader(c)
		for {
			_, err := http.ReadRequest(in)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				end(c)
			}
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, ok)
			_ = c.SetReadDeadline(time.Now().Add(limit))
		}
	}
}

func TestIdle(t *testing.T) { // alone: it tells times apart
	const ms = time.Millisecond
	for _, test := range []struct {
		name           string
		serve          func(int, net.Conn)
		kept, from, to time.Duration // the first failure lies between from and to
		outcome        string
		errno          int
	}{
		{name: "closes when reused", serve: keepAlive(600*ms, say("")), kept: 400 * ms, from: 800 * ms, to: 800 * ms, outcome: evidence.ClosedEarly},
		{name: "resets when reused", serve: keepAlive(600*ms, rst), kept: 400 * ms, from: 800 * ms, to: 800 * ms, outcome: evidence.Reset, errno: 104},
		{name: "closes by itself", serve: closeIdle(600*ms, say("")), kept: 400 * ms, from: 500 * ms, to: 900 * ms, outcome: evidence.ClosedEarly},
		{name: "resets by itself", serve: closeIdle(600*ms, rst), kept: 400 * ms, from: 500 * ms, to: 900 * ms, outcome: evidence.Reset, errno: 104},
		{name: "says so before", serve: closeIdle(600*ms, say("HTTP/1.1 408 Request Timeout\r\n\r\n")), kept: 400 * ms, from: 500 * ms, to: 900 * ms, outcome: evidence.ClosedEarly},
		{name: "keeps", serve: keepAlive(time.Hour, nil), kept: 1000 * ms},
		{name: "closes at once without saying so", serve: httpAfterRequest(say(ok)), from: 1, to: 100 * ms, outcome: evidence.ClosedEarly},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := backend(t, "tcp", "127.0.0.1:0", test.serve)
			got := Ask(t.Context(), evidence.Question{Target: target("http", a), Idle: true, Wait: time.Second}, Options{})
			check(t, got, want{evidence.ReadingBody, evidence.OK, 0})
			if got.Idle == nil {
				t.Fatal("got no answer")
			}
			i := *got.Idle
			if i.Kept != test.kept || i.Failed < test.from || i.Failed > test.to || i.Outcome != test.outcome || i.Errno != test.errno {
				t.Errorf("got %+v, want %+v", i, test)
			}
		})
	}
}

func TestIdleIsNotAskedOfWhatCloses(t *testing.T) {
	for _, answer := range []string{
		"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
	} {
		a := backend(t, "tcp", "127.0.0.1:0", httpAfterRequest(say(answer)))
		got := Ask(t.Context(), evidence.Question{Target: target("http", a), Idle: true}, Options{})
		if got.Idle != nil || got.Note != "the backend does not keep the connection" {
			t.Errorf("%q: got %+v", answer, got)
		}
	}
}

// A FastCGI backend is asked to keep the connection, and for few steps only.
func TestIdleOfFastCGI(t *testing.T) {
	a := backend(t, "tcp", "127.0.0.1:0", func(_ int, c net.Conn) {
		for range 2 {
			_, flags, err := readRequest(c)
			if err != nil {
				return
			}
			if flags != 1 {
				t.Errorf("flags: got %d, want FCGI_KEEP_CONN", flags)
			}
			say(out(cgiHead) + end(0))(c)
			_ = c.SetReadDeadline(time.Now().Add(250 * time.Millisecond))
		}
	})
	got := Ask(t.Context(), evidence.Question{Target: target("fastcgi", a), Idle: true, Wait: 500 * time.Millisecond}, Options{})
	// The backend's time begins when it has answered, that of the probe when it has read the answer: on a busy machine somewhat later.
	if got.Idle == nil || got.Idle.Kept != 50*time.Millisecond || got.Idle.Failed < 200*time.Millisecond || got.Idle.Outcome != evidence.ClosedEarly {
		t.Errorf("got %+v, want 50ms kept and closed about 250ms after the answer", got.Idle)
	}
}

func TestIdleSteps(t *testing.T) {
	for _, test := range []struct {
		protocol string
		wait     time.Duration
		want     []string
	}{
		{"http", 300 * time.Millisecond, []string{"50ms", "100ms", "200ms", "300ms"}},
		{"http", 0, []string{"50ms", "100ms", "200ms", "400ms", "800ms", "1.6s", "3.2s", "6.4s", "7s"}},
		{"fastcgi", 0, []string{"50ms", "400ms", "3.2s", "7s"}},
		{"http", 20 * time.Millisecond, []string{"20ms"}},
	} {
		var got []string
		for _, s := range newAsker(evidence.Question{Target: evidence.Target{Protocol: test.protocol}, Wait: test.wait}, Options{}).idleSteps() {
			got = append(got, s.String())
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s %s: got %v, want %v", test.protocol, test.wait, got, test.want)
		}
	}
}

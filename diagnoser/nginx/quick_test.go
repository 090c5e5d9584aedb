package nginx

import (
	"fmt"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

func TestStartsRecord(t *testing.T) {
	const good = "2026/03/14 09:15:02 [error]"
	if !startsRecord([]byte(good)) {
		t.Error("got false for a record")
	}
	for i := range timestampLen + 2 {
		for _, c := range "/:;? [aZ\x00\xb5" {
			bad := []byte(good)
			if bad[i] == byte(c) {
				continue
			}
			if bad[i] = byte(c); startsRecord(bad) {
				t.Errorf("got true for %q", bad)
			}
		}
	}
}

// What is counted as like an earlier record is what reading it in full gives.
func TestLikeIsTheSame(t *testing.T) {
	var log strings.Builder
	for i := range 500 {
		fmt.Fprintf(&log, "2026/03/14 09:15:%02d [error] 31#31: *%d %s, client: 192.0.2.%d, server: a, request: \"GET /%d HTTP/1.1\", upstream: \"http://10.0.0.%d:80/%d\", host: \"a\"\n",
			i%60, i, []string{"upstream sent too big header while reading response header from upstream",
				"upstream server temporarily disabled while connecting to upstream", "upstream made something up while connecting to upstream"}[i%3], i%9, i, i%5, i)
	}
	type group struct{ message, authority string }
	want, got := map[group][]int64{}, map[group][]int64{}
	take := func(m map[group][]int64) func(evidence.Event) {
		return func(e evidence.Event) {
			g := group{e.Message, authority(e.Upstream)}
			m[g] = append(m[g], e.Conn)
		}
	}
	wantStats, _ := Scan(t.Context(), "e", strings.NewReader(log.String()), Sink{Event: take(want), Note: take(want)})
	stats, _ := Scan(t.Context(), "e", strings.NewReader(log.String()), Sink{Like: func(e evidence.Event) func(Repeat) {
		take(got)(e)
		return func(r Repeat) {
			full := r.Event()
			if full.Message != e.Message || full.Line != r.Line || full.Conn != r.Conn || full.Request != string(r.Request) || full.Upstream != string(r.Upstream) || !full.Time.Equal(r.Time) {
				t.Errorf("got %+v, want %+v", r, full)
			}
			take(got)(full)
		}
	}})
	if fmt.Sprint(got) != fmt.Sprint(want) || stats != wantStats || len(got) != 10 || stats.Unrecognized == 0 {
		t.Errorf("got %d groups, %+v, want %+v", len(got), stats, wantStats)
	}
}

// readPlain reads as readContext does, or not at all.
func FuzzReadPlain(f *testing.F) {
	f.Add(`connect() failed (111: x) while connecting to upstream, client: 1, server: a, request: "GET / HTTP/1.1", upstream: "http://a/", host: "b"`)
	f.Add(`x, client: 1, server: a, request: "GET /, upstream: \"http://b/\" HTTP/1.1", upstream: "http://a/", host: "b"`)
	f.Add(`x while connecting to upstream, client: 1, server: , request: "GET /a" HTTP/1.1", upstream: "http://a/", host: "b", upstream: "c"`)
	f.Add(`limiting requests, excess: 0.998 by zone "z", client: 1, server: a, request: "GET / HTTP/1.1", host: "b"`)
	f.Fuzz(func(t *testing.T, s string) {
		at, _ := clientAt(s)
		if want := contextStart(s); at != want {
			t.Fatalf("got client at %d, want %d", at, want)
		}
		if at >= 0 {
			wantMessage(t, s)
		}
		got, want := evidence.Event{Message: strings.TrimRight(s[:max(at, 0)], " ")}, evidence.Event{}
		if at < 0 || !readPlain(&got, s, at) {
			return
		}
		readContext(&want, s)
		want.Host = ""
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

// wantMessage tells whether a message that was seen before is found as it was the first time.
func wantMessage(t *testing.T, s string) {
	t.Helper()
	var scan scanner
	at, look, _ := scan.messageOf(s)
	again, lookAgain, m := scan.messageOf(s)
	if again != at || lookAgain != look || m != nil && !strings.HasSuffix(s[:at], m.text) {
		t.Errorf("got %d, %v, %+v, want %d, %v", again, lookAgain, m, at, look)
	}
}

// TestConnectionEnd passes over what busy logs are full of, unless it names an upstream.
func TestConnectionEnd(t *testing.T) {
	for _, c := range []struct {
		rest string
		want bool
	}{
		{"client 192.0.2.7 closed keepalive connection", true},
		{"client 192.0.2.7 closed keepalive connection (104: Connection reset by peer)", false},
		{"client intended to send too large body: 7 bytes", false},
		{"client upstream closed keepalive connection", false},
	} {
		if got := connectionEnd(c.rest); got != c.want {
			t.Errorf("%q: got %v, want %v", c.rest, got, c.want)
		}
	}
}

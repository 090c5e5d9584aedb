package nginx

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// all scans a text, and returns what it found in order.
func all(t *testing.T, text []byte) (events []evidence.Event, stats Stats) {
	t.Helper()
	take := func(e evidence.Event) { events = append(events, e) }
	other := func(line []byte) bool { return bytes.Contains(line, []byte("]: ")) }
	stats, _ = Scan(context.Background(), "error.log", bytes.NewReader(text), Sink{Event: take, Note: take, Other: other})
	return events, stats
}

// No text makes the scanner panic, lose count of lines, or find more records than lines.
func FuzzScan(f *testing.F) {
	f.Add([]byte(refused + "\n" + refused))
	f.Add([]byte("web-1  | " + refused + "\r\n\x00\x1b[31m" + refused))
	f.Add([]byte(`{"log":"` + strings.ReplaceAll(refused, `"`, `\"`) + `\n","stream":"stderr"}`))
	f.Add([]byte("2026/03/14 09:15:02 [error] 1#1: *1 FastCGI sent in stderr: \"a\nb\" while reading response header from upstream, client: 1, server: a"))
	f.Add([]byte("*7 connect() to unix:/run/a.sock failed (13: x) while connecting to upstream"))
	f.Add([]byte("\x1f\x8b\x08"))
	f.Fuzz(func(t *testing.T, text []byte) {
		events, stats := all(t, text)
		if stats.Records > stats.Lines || stats.Events > stats.Records || int64(len(events)) < stats.Events {
			t.Errorf("got %d events, %+v", len(events), stats)
		}
		if want := int64(len(bytes.SplitAfter(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")))); plain(text) && stats.Lines != want {
			t.Errorf("got %d lines, want %d", stats.Lines, want)
		}
	})
}

// plain tells whether a text is read as it is, byte for byte.
func plain(text []byte) bool {
	return len(text) > 3 && !bytes.ContainsAny(text, "\x00\x1b") && text[0] >= ' ' && text[0] < 0x7f && !bytes.HasPrefix(text, []byte("BZh")) && !bytes.HasPrefix(text, []byte("PK"))
}

// What carried a record changes nothing in it, and what a client sends stands in its own field alone.
func FuzzForged(f *testing.F) {
	f.Add("/a", "https://www.example.com/")
	f.Add(`/?x=, upstream: "http://evil:1/", y=`, `x", upstream: "http://evil:1/`)
	f.Add(`/\n2026/03/14 09:15:02 [error] 1#1: *1 no live upstreams while connecting to upstream, client: 1`, "2026/03/14 09:15:02 [error]")
	f.Add(`/", host: "evil", upstream: "http://evil:1/`, `", referrer: "`)
	f.Add(`/&quot;\"`, `\", upstream: \"http://evil/`)
	f.Fuzz(func(t *testing.T, uri, referrer string) {
		if strings.ContainsAny(uri+referrer, "\n\r\x00\x1b") || strings.Contains(uri, " HTTP/") || len(uri)+len(referrer) > 700 {
			return
		}
		const message = "connect() failed (111: Connection refused) while connecting to upstream"
		record := "2026/03/14 09:15:02 [error] 31#31: *7 " + message + ", client: 192.0.2.7, server: a.example, request: \"GET " + uri +
			" HTTP/1.1\", upstream: \"http://192.0.2.1:80" + asPath(uri) + "\", host: \"a\", referrer: \"" + referrer + "\""
		for _, prefix := range []string{"", "web-1  | ", "2026-03-14T09:15:02.123456789Z stderr F ", "<187>Mar 14 09:15:02 web1 nginx: "} {
			events, stats := all(t, []byte(prefix+record+"\n"))
			if len(events) != 1 || stats.Events != 1 {
				t.Fatalf("behind %q: got %d events, %+v", prefix, len(events), stats)
			}
			e := events[0]
			u, _ := ParseUpstream(e, nil)
			if e.Message != message || e.Client != "192.0.2.7" || e.Server != "a.example" || e.Request != "GET "+uri+" HTTP/1.1" || u.Target.Address != "192.0.2.1:80" {
				t.Errorf("behind %q: got %+v", prefix, e)
			}
		}
	})
}

// asPath is what nginx puts behind an upstream's address.
func asPath(uri string) string {
	if !strings.HasPrefix(uri, "/") {
		return "/" + uri
	}
	return uri
}

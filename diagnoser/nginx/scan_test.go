package nginx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// line builds a record as nginx writes it, with the usual context.
func line(message, upstream string) string {
	return `2026/03/14 09:15:02 [error] 31#31: *7 ` + message + ` while reading response header from upstream, client: 192.0.2.7, ` +
		`server: app.example.com, request: "GET /a HTTP/1.1", upstream: "` + upstream + `", host: "app.example.com"`
}

func scan(t *testing.T, r io.Reader) (events, notes []evidence.Event, stats Stats) {
	t.Helper()
	stats, err := Scan(context.Background(), "error.log", r, Sink{
		Event: func(e evidence.Event) { events = append(events, e) },
		Note:  func(e evidence.Event) { notes = append(notes, e) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return events, notes, stats
}

func TestScanRecord(t *testing.T) {
	text := line("recv() failed (104: Connection reset by peer)", "http://127.0.0.1:8000/a")
	events, _, _ := scan(t, strings.NewReader("\n"+text+"\r\n"))
	want := evidence.Event{
		Phase: evidence.ReadingHeader, Outcome: evidence.Reset, Errno: 104, Syscall: "recv", Signature: "recv", Status: 502,
		Time: time.Date(2026, 3, 14, 9, 15, 2, 0, time.UTC), Level: "error", PID: 31, Conn: 7,
		Message: "recv() failed (104: Connection reset by peer) while reading response header from upstream",
		Client:  "192.0.2.7", Server: "app.example.com", Request: "GET /a HTTP/1.1",
		Upstream: "http://127.0.0.1:8000/a", Host: "app.example.com", Line: 2, Text: text,
	}
	if len(events) != 1 || events[0] != want {
		t.Errorf("got %+v, want %+v", events, want)
	}
}

func TestScanJoinsRawNewlines(t *testing.T) {
	text := "2026/03/14 09:15:01 [error] 31#31: *7 FastCGI sent in stderr: \"first\nsecond\nthird\" while reading response header from upstream, " +
		"client: 192.0.2.7, server: , request: \"GET / HTTP/1.1\", upstream: \"fastcgi://127.0.0.1:9000\", host: \"a\""
	_, notes, stats := scan(t, strings.NewReader(text+"\n192.0.2.7 - - foreign upstream line\n"+line("upstream sent too big header", "http://a:1/")+"\n"))
	if len(notes) != 1 || notes[0].Upstream != "fastcgi://127.0.0.1:9000" || notes[0].Text != text {
		t.Errorf("got %+v", notes)
	}
	if stats.Lines != 5 || stats.Events != 1 || stats.Unrecognized != 0 {
		t.Errorf("got %+v", stats)
	}
}

// TestScanWrapped reads records that were wrapped when they were pasted.
func TestScanWrapped(t *testing.T) {
	for _, text := range []string{
		"2026/03/14 09:15:02 [error] 1#1: *1 connect() failed (111: Connection refused)\nwhile connecting to upstream, client: 192.0.2.7, server: a,\nrequest: \"GET / HTTP/1.1\", \n  upstream: \"http://127.0.0.1:1/\"\n",
		"2026/03/14 09:15:02 [error] 1#1: *1 connect() failed (111: Connection refused) \nwhile connecting to upstream, client: 192.0.2.7, server: a, request: \"GET / HTTP/1.1\", \nupstream: \"http://127.0.0.1:1/\", host: \"a\"\n",
	} {
		events, _, stats := scan(t, strings.NewReader(text))
		if len(events) != 1 || events[0].Upstream != "http://127.0.0.1:1/" || stats.Unrecognized != 0 {
			t.Errorf("%q: got %+v, %+v", text, events, stats)
		}
	}
}

func TestScanIsTheSameInAnyPieces(t *testing.T) {
	var log strings.Builder
	for i := range 3000 {
		fmt.Fprintln(&log, line(fmt.Sprintf("upstream sent too big header%s", strings.Repeat("\nmore", i%3)), fmt.Sprintf("http://127.0.0.1:%d/", i)))
		fmt.Fprintln(&log, "2026/03/14 09:15:03 [notice] 1#1: signal 1 (SIGHUP) received from 2, reconfiguring")
	}
	whole, _, wantStats := scan(t, strings.NewReader(log.String()))
	if len(whole) != 3000 || wantStats.Records != 6000 {
		t.Fatalf("got %d events, %+v", len(whole), wantStats)
	}
	for name, r := range map[string]io.Reader{
		"halves":          iotest.HalfReader(strings.NewReader(log.String())),
		"data with error": iotest.DataErrReader(strings.NewReader(log.String())),
		"4097 at a time":  &pieces{strings.NewReader(log.String()), 4097},
	} {
		got, _, stats := scan(t, r)
		if stats != wantStats {
			t.Errorf("%s: got %+v, want %+v", name, stats, wantStats)
		}
		for i := range got {
			if got[i] != whole[i] {
				t.Fatalf("%s: event %d: got %+v, want %+v", name, i, got[i], whole[i])
			}
		}
	}
}

type pieces struct {
	r io.Reader
	n int
}

func (p *pieces) Read(b []byte) (int, error) { return p.r.Read(b[:min(len(b), p.n)]) }

func TestScanLongLine(t *testing.T) {
	long := strings.Repeat("x", 3*bufferSize)
	log := line("upstream sent too big header", "http://a:1/") + "\n" + long + "\n" + line("upstream sent too big header", "http://b:1/") + "\n"
	events, _, stats := scan(t, strings.NewReader(log))
	if len(events) != 2 || events[1].Line != 3 || stats.Lines != 3 || stats.Bytes != int64(len(log)) {
		t.Errorf("got %d events, %+v", len(events), stats)
	}
}

func TestScanRefusesBinary(t *testing.T) {
	in := io.MultiReader(strings.NewReader(strings.Repeat("text\n", 100000)), bytes.NewReader([]byte("abc\x00")))
	_, err := Scan(context.Background(), "error.log", in, Sink{})
	if want := "error.log: not a text log (NUL byte at offset 500003)"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestScanErrors(t *testing.T) {
	broken := errors.New("broken")
	if _, err := Scan(context.Background(), "e", iotest.ErrReader(broken), Sink{}); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Scan(ctx, "e", strings.NewReader("x"), Sink{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestScanUnrecognized(t *testing.T) {
	for _, c := range []struct {
		name, log string
		want      int64
	}{
		{"access log", "192.0.2.7 - - [14/Mar/2026] \"GET /\" 502\n\nanother\n", 2},
		{"no signature", line("upstream did something new", "http://a:1/"), 1},
		{"file name with upstream", `2026/03/14 09:15:02 [error] 1#1: *1 rename() "/upstream/x" failed (2: No such file or directory), client: 192.0.2.7, server: a, request: "GET /upstream HTTP/1.1", host: "a"`, 0},
		{"access lines among records", line("upstream sent too big header", "http://a:1/") + "\n192.0.2.7 upstream=1\n", 0},
		{"only a timestamp", "2026/03/14 09:15:02 [", 1},
	} {
		if _, _, stats := scan(t, strings.NewReader(c.log)); stats.Unrecognized != c.want {
			t.Errorf("%s: got %d, want %d", c.name, stats.Unrecognized, c.want)
		}
	}
}

func BenchmarkScan(b *testing.B) {
	noise := "2026/03/14 09:15:03 [error] 31#31: *8 open() \"/srv/www/favicon.ico\" failed (2: No such file or directory), client: 192.0.2.7, server: app.example.com, request: \"GET /favicon.ico HTTP/1.1\", host: \"app.example.com\"\n"
	log := []byte(strings.Repeat(strings.Repeat(noise, 99)+line("upstream sent too big header", "http://a:1/")+"\n", 200))
	b.SetBytes(int64(len(log)))
	for b.Loop() {
		if _, err := Scan(context.Background(), "e", bytes.NewReader(log), Sink{}); err != nil {
			b.Fatal(err)
		}
	}
}

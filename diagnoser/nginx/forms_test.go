package nginx

import (
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

const refused = `2026/03/14 09:15:02 [error] 31#31: *7 connect() failed (111: Connection refused) while connecting to upstream, ` +
	`client: 192.0.2.7, server: a, request: "GET /a HTTP/1.1", upstream: "http://192.0.2.1:80/a", host: "a"`

// A record reads the same, whatever carried it.
func TestCarriers(t *testing.T) {
	escaped := strings.ReplaceAll(refused, `"`, `\"`)
	for name, text := range map[string]string{
		"docker compose":         "web-1  | " + refused,
		"docker compose, nested": "    web | web.1 | " + refused,
		"swarm":                  "app_web.1.x3@node7    | " + refused,
		"kubectl --prefix":       "[pod/web-7/nginx] " + refused,
		"kubectl --timestamps":   "2026-03-14T09:15:02.123456789Z " + refused,
		"containerd":             "2026-03-14T09:15:02.123456789+01:00 stderr F " + refused,
		"journald":               "Mar 14 09:15:02 web1 nginx[31]: " + refused,
		"syslog":                 "<187>Mar 14 09:15:02 web1 nginx: " + refused,
		"grep":                   "/var/log/nginx/error.log-20260314:12:" + refused,
		"a mail":                 "> " + refused,
		"a diff":                 "+" + refused,
		"a tab":                  "\t" + refused,
		"docker's JSON":          `{"log":"` + escaped + `\n","stream":"stderr","time":"2026-03-14T09:15:02Z"}`,
		"spaced JSON":            `{"level": "error", "message": "` + escaped + `"}`,
		"escaped quotes":         escaped,
		"twice escaped quotes":   strings.ReplaceAll(refused, `"`, `\\\"`),
		"HTML":                   strings.ReplaceAll(refused, `"`, "&quot;"),
		"HTML, twice":            strings.ReplaceAll(refused, `"`, "&amp;quot;"),
		"typographic quotes":     strings.NewReplacer(`: "`, ": “", `",`, "”,").Replace(refused),
		"bold":                   strings.ReplaceAll(refused, "(111: Connection refused)", "**(111: Connection refused)**"),
	} {
		for _, end := range []string{"", "\n", "\r\n"} {
			events, _, stats := scan(t, strings.NewReader(text+end))
			if len(events) != 1 || stats.Unrecognized != 0 || stats.Records != 1 {
				t.Errorf("%s: got %+v, %+v", name, events, stats)
				continue
			}
			e := events[0]
			if e.Errno != 111 || e.PID != 31 || e.Conn != 7 || e.Level != "error" || e.Time.IsZero() ||
				e.Request != "GET /a HTTP/1.1" || e.Upstream != "http://192.0.2.1:80/a" || e.Client != "192.0.2.7" {
				t.Errorf("%s: got %+v", name, e)
			}
		}
	}
}

// A carrier's prefix stands before each line, those that a backend's text spans too.
func TestCarrierOfSeveralLines(t *testing.T) {
	const p = "web-1  | "
	text := p + "2026/03/14 09:15:02 [error] 31#31: *7 FastCGI sent in stderr: \"first\n" + p + "second\" while reading response header from upstream, " +
		"client: 192.0.2.7, server: , request: \"GET / HTTP/1.1\", upstream: \"fastcgi://127.0.0.1:9000\"\n" +
		p + "192.0.2.7 - - \"GET / HTTP/1.1\" 502\n" + p + refused + "\n"
	events, notes, _ := scan(t, strings.NewReader(text))
	if len(notes) != 1 || !strings.Contains(notes[0].Message, `"first second"`) || len(events) != 1 || events[0].Line != 4 {
		t.Errorf("got %+v, %+v", events, notes)
	}
}

// A record is known by its message where its beginning is lost.
func TestFragments(t *testing.T) {
	const header = "upstream sent too big header while reading response header from upstream"
	context := strings.TrimPrefix(refused, refused[:strings.Index(refused, "connect()")])
	for _, c := range []struct {
		name, text, phase, outcome, upstream string
	}{
		{"no timestamp", "[error] 31#31: *7 " + context, evidence.Connecting, evidence.Refused, "http://192.0.2.1:80/a"},
		{"no level", "31#31: *7 " + context, evidence.Connecting, evidence.Refused, "http://192.0.2.1:80/a"},
		{"behind a carrier", "web-1 | *7 " + context, evidence.Connecting, evidence.Refused, "http://192.0.2.1:80/a"},
		{"the message alone", header, evidence.ReadingHeader, evidence.TooBig, ""},
		{"from the middle of the message", strings.TrimPrefix(context, "connect() "), evidence.Connecting, evidence.Refused, "http://192.0.2.1:80/a"},
		{"from the errno on", strings.TrimPrefix(context, "connect() failed "), evidence.Connecting, evidence.Refused, "http://192.0.2.1:80/a"},
		{"no client field", `connect() failed (111: x) while connecting to upstream: "http://192.0.2.1:80/a"`, evidence.Connecting, evidence.Refused, "http://192.0.2.1:80/a"},
		{"an unnamed request", `upstream prematurely closed connection while reading response header from upstream, "GET /a HTTP/1.1", upstream: "http://192.0.2.1:80/a"`,
			evidence.ReadingHeader, evidence.ClosedEarly, "http://192.0.2.1:80/a"},
		{"wrapped", " upstream prematurely closed connection while reading response header from upstream,\n  client: 192.0.2.7, server: a,\n  upstream: \"http://192.0.2.1:80/a\"\n",
			evidence.ReadingHeader, evidence.ClosedEarly, "http://192.0.2.1:80/a"},
		{"cut", "2026/03/14 09:15:02 [error] 31#31: *7 connect() failed (111: Connecti$", evidence.Connecting, evidence.Refused, ""},
		{"at start", `nginx: [emerg] host not found in upstream "app:80" in /etc/nginx/nginx.conf:7`, evidence.Resolving, evidence.NotFound, ""},
	} {
		events, _, stats := scan(t, strings.NewReader("some words before\n"+c.text+"\nsome words after\n"))
		if len(events) != 1 || stats.Unrecognized != 0 {
			t.Errorf("%s: got %+v, %+v", c.name, events, stats)
			continue
		}
		if e := events[0]; e.Phase != c.phase || e.Outcome != c.outcome || e.Upstream != c.upstream {
			t.Errorf("%s: got %s, %s, %q in %+v", c.name, e.Phase, e.Outcome, e.Upstream, e)
		}
	}
}

// Quotes in front of a message are those of another record, which quotes what a
// client sent; text of an application is no record either.
func TestNoFragments(t *testing.T) {
	for name, text := range map[string]string{
		"access log":               `192.0.2.7 - - [14/Mar/2026:09:15:02 +0000] "GET / HTTP/1.1" 200 1 "-" "` + refused + `"`,
		"fragment in a user agent": `192.0.2.7 - - "GET / HTTP/1.1" 200 1 "-" "connect() failed (111: x) while connecting to upstream"`,
		"another field of JSON":    `{"status":200,"agent":"` + strings.ReplaceAll(refused, `"`, `\"`) + `"}`,
		"stderr of an application": "2026/03/14 09:15:02 [error] 31#31: *7 FastCGI sent in stderr: \"first\nconnect() failed (111: x) while connecting to upstream\nlast\" " +
			"while reading response header from upstream, client: 192.0.2.7, server: a, request: \"GET / HTTP/1.1\", upstream: \"fastcgi://127.0.0.1:9000\"",
	} {
		if events, _, _ := scan(t, strings.NewReader(text+"\n")); len(events) != 0 {
			t.Errorf("%s: got %+v, want no event", name, events)
		}
	}
}

// An escape that a client sent stays what it is.
func TestOwnQuotesStay(t *testing.T) {
	text := strings.Replace(refused, "GET /a", `GET /?x=, upstream: \"http://evil/\", y=&quot;`, 1)
	events, _, _ := scan(t, strings.NewReader(text))
	if len(events) != 1 || events[0].Upstream != "http://192.0.2.1:80/a" {
		t.Errorf("got %+v", events)
	}
}

// Where the reads end changes nothing, for records of any form.
func TestFormsInPieces(t *testing.T) {
	log := strings.Join([]string{
		"web-1  | " + refused, "  ", "*7 connect() to unix:/run/a.sock failed (13: x) while connecting to upstream",
		`{"log":"` + strings.ReplaceAll(refused, `"`, `\"`) + `\n"}`, "some words", refused, "some words",
		"upstream prematurely closed connection while reading response header from upstream,", "  client: 192.0.2.7, server: a,", `  upstream: "http://a/"`, "some words", "",
	}, "\n")
	whole, _, wantStats := scan(t, strings.NewReader(log))
	if len(whole) != 5 {
		t.Fatalf("got %d events, want 5: %+v", len(whole), whole)
	}
	for n := 1; n < 200; n += 7 {
		events, _, stats := scan(t, &pieces{strings.NewReader(log), n})
		if stats != wantStats || len(events) != len(whole) {
			t.Fatalf("%d at a time: got %d events, %+v, want %+v", n, len(events), stats, wantStats)
		}
		for i := range events {
			if events[i] != whole[i] {
				t.Fatalf("%d at a time: event %d: got %+v, want %+v", n, i, events[i], whole[i])
			}
		}
	}
}

func BenchmarkScanCarried(b *testing.B) {
	noise := "web-1  | 192.0.2.7 - - [14/Mar/2026:09:15:02 +0000] \"GET / HTTP/1.1\" 200 612 \"-\" \"curl/8\"\n"
	log := strings.Repeat(strings.Repeat(noise, 99)+"web-1  | "+refused+"\n", 200)
	b.SetBytes(int64(len(log)))
	for b.Loop() {
		if _, err := Scan(b.Context(), "e", strings.NewReader(log), Sink{}); err != nil {
			b.Fatal(err)
		}
	}
}

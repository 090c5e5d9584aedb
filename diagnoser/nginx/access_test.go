package nginx

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

const twoAttempts = "127.0.0.1:8001, 127.0.0.1:8002"

// What explain log-format prints is what is read.
func TestLogFormatIsRead(t *testing.T) {
	values := map[string]string{"time_iso8601": "2026-03-14T10:15:02+01:00", "remote_addr": "192.0.2.7", "request": `GET /?us=200&up=127.0.0.1:1 HTTP/1.1`,
		"status": "502", "body_bytes_sent": "157", "request_time": "60.004", "upstream_addr": twoAttempts, "upstream_status": "504, 502", "upstream_connect_time": "0.001, -",
		"upstream_header_time": "-, -", "upstream_response_time": "60.000, 0.003", "upstream_bytes_received": "0, 0", "upstream_bytes_sent": "120, 0", "connection": "77",
		"connection_requests": "3", "upstream_cache_status": "MISS", "request_id": "5f4dcc3b5aa765d61d8327deb882cf99"}
	formats := regexp.MustCompile(`(?s)log_format (\w+)(.*?);\n`).FindAllStringSubmatch(LogFormat(), -1)
	if len(formats) != 2 {
		t.Fatalf("got %d formats, want 2", len(formats))
	}
	for _, format := range formats {
		var text strings.Builder
		for _, part := range regexp.MustCompile(`'([^']*)'`).FindAllStringSubmatch(format[2], -1) {
			text.WriteString(part[1])
		}
		line := regexp.MustCompile(`\$\w+`).ReplaceAllStringFunc(text.String(), func(v string) string {
			value, ok := values[v[1:]]
			if !ok {
				t.Errorf("%s: %s is no variable of this test", format[1], v)
			}
			return value
		})
		a, ok := ParseAccess([]byte("web-1  | " + line + "\n"))
		if !ok || a.Status != 502 || a.Conn != 77 || a.Client != "192.0.2.7" || a.Request != values["request"] || a.RequestTime != 60004*time.Millisecond ||
			a.Cache != "MISS" || !a.Time.Equal(time.Date(2026, 3, 14, 9, 15, 2, 0, time.UTC)) || len(a.Attempts) != 2 {
			t.Errorf("%s: got %+v, %v of %s", format[1], a, ok, line)
			continue
		}
		want := evidence.Attempt{Address: "127.0.0.1:8002", Status: 502, Connect: evidence.Never, Header: evidence.Never, Response: 3 * time.Millisecond}
		if a.Attempts[1] != want || a.Attempts[0].Status != 504 || a.Attempts[0].Connect != time.Millisecond || a.Attempts[0].Sent != 120 {
			t.Errorf("%s: got %+v", format[1], a.Attempts)
		}
	}
}

func TestParseAccess(t *testing.T) {
	for name, c := range map[string]struct {
		line, addr, status string
		attempts           int
	}{
		"ingress-nginx 0.9": {`192.0.2.7 - [192.0.2.8] - - [14/Mar/2026:09:15:02 +0000] "GET /x HTTP/1.1" 404 0 "-" "curl/8" 106 2.999 [default-web-80] 10.0.0.4:8080, 10.0.0.5:8080 0, 0 2.997, 0.002 502, 404`, "10.0.0.4:8080", "502", 2},
		"ingress-nginx":     {`192.0.2.7 - - [14/Mar/2026:09:15:02 +0000] "GET /x HTTP/2.0" 504 160 "-" "curl/8" 35 10.012 [default-web-80] [] 10.0.0.4:8080, 10.0.0.5:8080 0, 0 5.001, 5.001 504, 504 0b7a1ea1bd1fd0d50e5ba1f0da4fd5ad`, "10.0.0.4:8080", "504", 2},
		"bars":              {`/next|502|309|up=127.0.0.1:9137, 127.0.0.1:9137|us=502, 200|uct=0.000, 0.000|uht=-, 0.001|urt=0.000, 0.001|ubr=0, 40|rt=0.001`, "127.0.0.1:9137", "502", 2},
		"unquoted":          {`192.0.2.7 - - [14/Mar/2026:09:15:02 +0000] "GET / HTTP/1.1" 502 157 rt=0.001 ua=127.0.0.1:8000 us=502 uct=- uht=- urt=0.000`, "127.0.0.1:8000", "502", 1},
		"redirected":        {`"GET / HTTP/1.1" 200 1 upstream_addr="127.0.0.1:1 : 127.0.0.1:2" upstream_status="502 : 200" upstream_response_time="0.001 : 0.002"`, "127.0.0.1:1", "502", 2},
		"combined":          {`192.0.2.7 - - [14/Mar/2026:09:15:02 +0000] "GET / HTTP/1.1" 502 157 "-" "curl/8" "127.0.0.1:8000" "502" "0.003"`, "127.0.0.1:8000", "502", 1},
		"unix":              {`x "GET / HTTP/1.1" 502 1 up="unix:/run/app.sock" us="502" uct="-" uht="-" urt="0.000"`, "unix:/run/app.sock", "502", 1},
		"docker's JSON":     {`{"log":"192.0.2.7 \"GET /\" 502 us=\"502\" up=\"127.0.0.1:1\" urt=\"0.1\"\n","stream":"stdout","time":"2026-03-14T09:15:02Z"}`, "127.0.0.1:1", "502", 1},
		"forged unquoted":   {`/?|us=200|up=192.0.2.99:1|502|up=127.0.0.1:1|us=502|urt=0.001`, "127.0.0.1:1", "502", 1},
	} {
		a, ok := ParseAccess([]byte(c.line))
		if !ok || len(a.Attempts) != c.attempts || a.Attempts[0].Address != c.addr || a.Attempts[0].Status != int(number(c.status)) {
			t.Errorf("%s: got %+v, %v", name, a, ok)
		}
	}
	for _, line := range []string{
		"", `192.0.2.7 - - [14/Mar/2026:09:15:02 +0000] "GET /?up=127.0.0.1:1&us=502 HTTP/1.1" 200 1 "-" "up=127.0.0.1:1 us=502"`,
		`192.0.2.7 "GET / HTTP/1.1" 200 ua="Mozilla/5.0 (X11)" us="x"`, refused,
	} {
		if a, ok := ParseAccess([]byte(line)); ok {
			t.Errorf("%s: got %+v, want nothing", line, a)
		}
	}
}

func TestEventOf(t *testing.T) {
	const none, unknown = evidence.Never, evidence.NotLogged
	for _, c := range []struct {
		t              evidence.Attempt
		phase, outcome string
	}{
		{evidence.Attempt{Address: "a:1", Status: 504, Connect: none, Header: none}, evidence.Connecting, evidence.TimedOut},
		{evidence.Attempt{Address: "a:1", Status: 504, Connect: 1, Header: none}, evidence.ReadingHeader, evidence.TimedOut},
		{evidence.Attempt{Address: "a:1", Status: 502, Connect: none, Header: none}, evidence.Connecting, evidence.Refused},
		{evidence.Attempt{Address: "a:1", Status: 502, Connect: none, Header: none, Response: 3060 * time.Millisecond}, evidence.Connecting, evidence.Unreachable},
		{evidence.Attempt{Address: "a:1", Status: 502, Connect: 0, Header: none}, evidence.ReadingHeader, evidence.ClosedEarly},
		{evidence.Attempt{Address: "a:1", Status: 502, Connect: 0, Header: none, Received: 4096}, evidence.ReadingHeader, evidence.TooBig},
		{evidence.Attempt{Address: "group", Status: 502, Connect: none, Header: none}, evidence.Selecting, evidence.NoneLive},
		{evidence.Attempt{Address: "a:1", Status: 502, Connect: unknown, Header: unknown}, evidence.Connecting, evidence.Refused},
		{evidence.Attempt{Address: "a:1", Status: 502, Connect: 0, Header: 1}, evidence.ReadingHeader, evidence.SentError},
		{evidence.Attempt{Address: "a:1", Status: 504, Connect: unknown, Header: unknown, Received: 157}, "", ""}, // sent by the upstream, perhaps
		{evidence.Attempt{Address: "a:1", Status: 200, Connect: 0, Header: 0}, "", ""},
		{evidence.Attempt{Address: "a:1", Connect: none, Header: none}, "", ""}, // the client went away
	} {
		e, ok := EventOf(&evidence.Access{Status: 502}, c.t)
		if ok != (c.phase != "") || ok && (e.Phase != c.phase || e.Outcome != c.outcome) {
			t.Errorf("%+v: got %s × %s, %v", c.t, e.Phase, e.Outcome, ok)
		}
	}
}

// A cache's answer is nobody's failure, unless it is one itself.
func TestEventOfTheCache(t *testing.T) {
	none := evidence.Attempt{Address: "-", Connect: evidence.Never, Header: evidence.Never}
	for _, c := range []struct {
		status  int
		cache   string
		outcome string
	}{
		{502, "HIT", evidence.Cached}, {504, "STALE", evidence.Cached}, {502, "MISS", evidence.NotFound}, {502, "", evidence.NotFound},
		{200, "HIT", ""}, {503, "HIT", ""}, {504, "", ""},
	} {
		e, ok := EventOf(&evidence.Access{Status: c.status, Cache: c.cache}, none)
		if ok != (c.outcome != "") || ok && (e.Outcome != c.outcome || e.Status != c.status) {
			t.Errorf("%d %s: got %s, %d, %v", c.status, c.cache, e.Outcome, e.Status, ok)
		}
	}
}

func FuzzAccess(f *testing.F) {
	f.Add([]byte(`x "GET / HTTP/1.1" 502 1 up="unix:/run/app.sock" us="502" uct="-" uht="-" urt="0.000"`))
	f.Add([]byte(`{"upstream_addr":"a:1","upstream_status":"502"}`))
	f.Add([]byte(`192.0.2.7 - - [14/Mar/2026:09:15:02 +0000] "GET /x HTTP/2.0" 504 160 "-" "curl/8" 35 10.012 [default-web-80] [] 10.0.0.4:8080 0 5.001 504 0b`))
	f.Fuzz(func(t *testing.T, line []byte) {
		a, ok := ParseAccess(line)
		if ok && (len(a.Attempts) == 0 || len(a.Attempts) > len(line)) {
			t.Errorf("got %+v", a)
		}
		for _, one := range a.Attempts {
			EventOf(&a, one)
		}
	})
}

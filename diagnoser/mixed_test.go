package diagnoser

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// stack is what the containers of one stack log, each line with its container's name.
const stack = `db-1     | 2026-03-14 09:15:00.123 UTC [1] LOG:  database system is ready to accept connections
web-1    | 192.0.2.7 - - [14/Mar/2026:09:15:01 +0000] "GET / HTTP/1.1" 200 612 "-" "curl/8.5.0"
web-1    | 2026/03/14 09:15:02 [error] 31#31: *7 connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.7, server: a.example, request: "GET /a HTTP/1.1", upstream: "http://127.0.0.1:8000/a", host: "a.example"
app-1    | [2026-03-14 09:15:02 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:9)
lb-1     | 192.0.2.7:4711 [14/Mar/2026:09:15:03.123] web app/one 0/0/1/-1/30001 504 194 - - sH-- 3/2/1/1/0 0/0 "GET /b HTTP/1.1"
httpd-1  | [Sat Mar 14 09:15:04.123456 2026] [proxy:error] [pid 7:tid 7] (113)No route to host: AH00957: http: attempt to connect to 192.0.2.9:8000 (192.0.2.9:8000) failed
httpd-1  | [Sat Mar 14 09:15:04.123456 2026] [core:notice] [pid 7:tid 7] AH00094: Command line: 'httpd -D FOREGROUND'
lb-1     | [WARNING]  (9) : Server app/two is DOWN, reason: Layer4 connection problem, info: "Connection refused", check duration: 0ms.
web-1    | 2026/03/14 09:15:05 [error] 31#31: *8 connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.7, server: a.example, request: "GET /a HTTP/1.1", upstream: "http://127.0.0.1:8000/a", host: "a.example"
lb-1     | 192.0.2.7:4711 [14/Mar/2026:09:15:06.123] web app/one 0/0/1/2/3 200 194 - - ---- 3/2/1/1/0 0/0 "GET /b HTTP/1.1"
`

// Each proxy's lines are found in one stream, whatever carried them and whatever the log is said to be.
func TestMixed(t *testing.T) {
	carriers := map[string]func(line string) string{
		"compose":    func(line string) string { return line },
		"bare":       func(line string) string { return strings.TrimSpace(line[strings.Index(line, "| ")+2:]) },
		"colored":    func(line string) string { return "\x1b[36m" + line[:11] + "\x1b[0m" + line[11:] },
		"kubernetes": func(line string) string { return "2026-03-14T09:15:09.123456789Z stderr F " + line[11:] },
		"syslog":     func(line string) string { return "Mar 14 09:15:09 host1 stack[77]: " + line[11:] },
		"json":       func(line string) string { return fmt.Sprintf(`{"log":%q,"stream":"stderr"}`, line[11:]+"\n") },
	}
	for name, carry := range carriers {
		for _, kind := range []string{"", "nginx", "apache", "haproxy"} {
			log := ""
			for line := range strings.Lines(stack) {
				log += carry(strings.TrimSuffix(line, "\n")) + "\n"
			}
			report := diagnose(t, evidence.Evidence{Proxy: evidence.Proxy{Kind: kind}, Logs: []evidence.Log{{Name: "all.log", Text: log}}})
			if s := report.Summary; s.UpstreamErrors != 5 || s.Lines != 10 || s.Unrecognized != 0 {
				t.Errorf("%s, %q: got %+v", name, kind, s)
			}
			var got []string
			for _, f := range report.Findings {
				got = append(got, fmt.Sprintf("%s %d %d %s%s", f.Proxy, f.Status, f.Count, f.Upstream, strings.TrimPrefix(f.Server, "a.example")))
			}
			slices.Sort(got)
			want := []string{"apache 503 1 http://192.0.2.9:8000", "haproxy 503 1 app/two", "haproxy 504 1 app/one", "nginx 502 2 http://127.0.0.1:8000"}
			if !slices.Equal(got, want) {
				t.Errorf("%s, %q: got %q, want %q", name, kind, got, want)
			}
		}
	}
}

// A configuration speaks for its own proxy's lines alone.
func TestMixedConfig(t *testing.T) {
	config := []evidence.File{{Path: "/etc/nginx/nginx.conf", Text: "events {}\nhttp { server { location / { proxy_pass http://127.0.0.1:8000; } } }\n"}}
	report := diagnose(t, evidence.Evidence{Config: config, Logs: []evidence.Log{{Name: "all.log", Text: stack}}})
	for _, f := range report.Findings {
		if (f.Where != nil) != (f.Proxy == "nginx") {
			t.Errorf("%s of %s: got %+v", f.Cause, f.Proxy, f.Where)
		}
	}
}

// What a client sends stands in quotes, and is nobody's line.
func TestMixedForged(t *testing.T) {
	for _, sent := range []string{
		`192.0.2.7:4711 [14/Mar/2026:09:15:03.123] web app/one 0/0/1/-1/30001 504 194 - - sH-- 3/2/1/1/0 0/0 `,
		`[Sat Mar 14 09:15:04.123456 2026] [proxy:error] [pid 7] (111)Connection refused: AH00957: http: attempt to connect to 192.0.2.9:8000 (a) failed`,
		`[WARNING]  (9) : Server app/two is DOWN, reason: Layer4 connection problem, info: `,
		`proxy: error reading status line from remote server a`,
	} {
		log := `192.0.2.7 - - [14/Mar/2026:09:15:01 +0000] "GET /` + sent + ` HTTP/1.1" 400 612 "-" "` + sent + `"` + "\n"
		report, err := Diagnose(context.Background(), evidence.Evidence{Logs: []evidence.Log{{Name: "access.log", Text: log}}})
		if err != nil || len(report.Findings) > 0 || report.Summary.UpstreamErrors > 0 {
			t.Errorf("%s: got %+v, %v", sent, report, err)
		}
	}
}

// Lines of other logs behind a record are all looked at, however many there are.
func TestMixedFarBehind(t *testing.T) {
	record := strings.Split(stack, "\n")[2] + "\n"
	for _, between := range []int{0, 100, 1000, 5000} {
		log := record + strings.Repeat("app-1    | GET / 200 in 3 ms, nothing else happened\n", between) + strings.Split(stack, "\n")[4] + "\n"
		report := diagnose(t, evidence.Evidence{Logs: []evidence.Log{{Name: "all.log", Text: log}}})
		if s := report.Summary; s.UpstreamErrors != 2 || s.Lines != int64(between)+2 {
			t.Errorf("%d lines between: got %+v", between, s)
		}
	}
}

// An upstream line that no signature knows is counted.
func TestMixedUnrecognized(t *testing.T) {
	for _, line := range []string{
		`192.0.2.7:4711 [14/Mar/2026:09:15:03.123] web app/one 0/0/1/-1/30001 500 194 - - IH-- 3/2/1/1/0 0/0 "GET /b HTTP/1.1"`,
		`[Sat Mar 14 09:15:04.123456 2026] [proxy_http:error] [pid 7:tid 7] AH09999: something new about the backend`,
	} {
		report := diagnose(t, evidence.Evidence{Logs: []evidence.Log{{Name: "all.log", Text: line + "\n"}}})
		if s := report.Summary; s.UpstreamErrors != 0 || s.Unrecognized != 1 {
			t.Errorf("%s: got %+v", line, s)
		}
	}
}

package simulator_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/fastcgi"
)

// records describes a stream of records as a peer sees it, torn ones too: type, id when it is not 1, padding when there is some, content.
func records(s string) string {
	var out []string
	for len(s) > 0 {
		if len(s) < fastcgi.HeaderLen {
			out = append(out, fmt.Sprintf("header torn after %d", len(s)))
			break
		}
		h := fastcgi.ParseHeader([]byte(s))
		s = s[fastcgi.HeaderLen:]
		text := h.Type.String()
		if h.Version != 1 {
			text += fmt.Sprintf(" v%d", h.Version)
		}
		if h.ID != 1 {
			text += fmt.Sprintf(" #%d", h.ID)
		}
		content := s[:min(len(s), int(h.Length))]
		text += fmt.Sprintf(" %q", content)
		if len(content) < int(h.Length) {
			out = append(out, fmt.Sprintf("%s torn, %d are missing", text, int(h.Length)-len(content)))
			break
		}
		s = s[min(len(s), int(h.Length)+int(h.Padding)):]
		out = append(out, text)
	}
	return strings.Join(out, " | ")
}

const goodEnd = ` | stdout "" | end_request "\x00\x00\x00\x00\x00\x00\x00\x00"`

// What a FastCGI application can do wrong, and right, over TCP and a unix socket.
func TestFastCGITable(t *testing.T) {
	for _, tt := range []struct{ name, plan, want, end string }{
		{"parses PARAMS", `exchanges: [{match: {param: {SCRIPT_NAME: /index.php}, header: {X-Test: "yes"}, role: responder}, script: [{stdout: {text: a, records: {padding: 0}}}, fin]}]`, `stdout "a"`, "eof"},
		{"STDERR between STDOUT", `default: [{stdout: a}, {stderr: oh}, {stdout: b}, {stderr: {text: "", last: true}}, fin]`, `stdout "a" | stderr "oh" | stdout "b" | stderr ""`, "eof"},
		{"padding", `default: [{stdout: {text: ab, records: {size: 1, padding: 255}}}, fin]`, `stdout "a" | stdout "b"`, "eof"},
		{"a record in several writes", `default: [{stall_at: {mark: record_header, plus: 3, for: 2ms}}, {stall_at: {mark: record_body, plus: 1, for: 2ms}}, {stdout: abc}, fin]`, `stdout "abc"`, "eof"},
		{"unknown type", `default: [{record: {type: 77, text: a}}, fin]`, `77 "a"`, "eof"},
		{"another version", `default: [{record: {version: 2, text: a}}, fin]`, `stdout v2 "a"`, "eof"},
		{"another id", `default: [{record: {id: 9, text: a}}, fin]`, `stdout #9 "a"`, "eof"},
		{"unasked GET_VALUES_RESULT", `default: [{record: {type: get_values_result, id: 0}}, fin]`, `get_values_result #0 ""`, "eof"},
		{"unasked UNKNOWN_TYPE", `default: [{record: {type: unknown_type, id: 0, hex: "6300000000000000"}}, fin]`, `unknown_type #0 "c\x00\x00\x00\x00\x00\x00\x00"`, "eof"},
		{"torn header", `default: [{cut_at: {mark: record_header, plus: 5, then: [fin]}}, {stdout: abc}]`, `header torn after 5`, "eof"},
		{"torn content", `default: [{cut_at: {mark: record_body, plus: 2, then: [fin]}}, {stdout: abc}]`, `stdout "ab" torn, 1 are missing`, "eof"},
		{"torn content by a reset", `default: [{cut_at: {mark: record_body, plus: 2, then: [flush, rst]}}, {stdout: abc}]`, `stdout "ab" torn, 1 are missing`, "ECONNRESET"},
		{"no END_REQUEST", `default: [{stdout: {text: a, last: true}}, fin]`, `stdout "a" | stdout ""`, "eof"},
		{"only the header of END_REQUEST", `default: [{record: {type: end_request, length: 8}}, fin]`, `end_request "" torn, 8 are missing`, "eof"},
		{"an empty END_REQUEST", `default: [{record: {type: end_request}}, fin]`, `end_request ""`, "eof"},
		{"END_REQUEST without STDOUT", `default: [end_request, fin]`, `end_request "\x00\x00\x00\x00\x00\x00\x00\x00"`, "eof"},
		{"application status", `default: [{end_request: {app: 258}}, fin]`, `end_request "\x00\x00\x01\x02\x00\x00\x00\x00"`, "eof"},
		{"CANT_MPX_CONN", `default: [{end_request: {protocol: cant_multiplex}}, fin]`, `end_request "\x00\x00\x00\x00\x01\x00\x00\x00"`, "eof"},
		{"OVERLOADED", `default: [{end_request: {protocol: overloaded}}, fin]`, `end_request "\x00\x00\x00\x00\x02\x00\x00\x00"`, "eof"},
		{"UNKNOWN_ROLE", `default: [{end_request: {protocol: unknown_role}}, fin]`, `end_request "\x00\x00\x00\x00\x03\x00\x00\x00"`, "eof"},
		{"a status that is none", `default: [{end_request: {protocol: 9}}, fin]`, `end_request "\x00\x00\x00\x00\t\x00\x00\x00"`, "eof"},
		{"close before PARAMS", `connections: [{script: [{read_record: 1}, fin]}]`, ``, "eof"},
		{"reset before PARAMS", `connections: [{script: [{read_record: 1}, rst]}]`, ``, "ECONNRESET"},
		{"close in PARAMS", `connections: [{script: [{read_record: 2}, fin]}]`, ``, "eof"},
		{"reset in PARAMS", `connections: [{script: [{read_record: 2}, rst]}]`, ``, "ECONNRESET"},
		{"close in STDIN", `default: [{read_record: 1}, fin]`, ``, "eof"},
		{"reset in STDIN", `default: [{read_record: 1}, rst]`, ``, "ECONNRESET"},
		{"answer in STDIN", `default: [{read_record: 1}, {stdout: early}, fin]`, `stdout "early"`, "eof"},
		{"malformed CGI header", `default: [{stdout: {text: "no colon\r\n\r\n", last: true}}, fin]`, `stdout "no colon\r\n\r\n" | stdout ""`, "eof"},
		{"lines that end in LF", `default: [{stdout: "Status: 200 OK\n\nhi"}, fin]`, `stdout "Status: 200 OK\n\nhi"`, "eof"},
		{"a shorter body", `default: [{respond: {header: {Content-Type: a/b}, body: hi, length: 9}}, fin]`, `stdout "Status: 200 OK\r\nContent-Type: a/b\r\nContent-Length: 9\r\n\r\nhi"` + goodEnd, "eof"},
		{"a longer body", `default: [{respond: {header: {Content-Type: a/b}, body: hi, length: 1}}, fin]`, `stdout "Status: 200 OK\r\nContent-Type: a/b\r\nContent-Length: 1\r\n\r\nhi"` + goodEnd, "eof"},
		{"HTTP on a FastCGI port", `default: [{send: "HTTP/1.1 200 OK\r\n\r\n"}, fin]`, `84 v72 #21584 " 200 OK\r\n\r\n" torn, 12070 are missing`, "eof"},
	} {
		for _, network := range []string{"tcp", "unix"} {
			t.Run(tt.name+" "+network, func(t *testing.T) {
				srv := start(t, listenOn(t, network), "fastcgi", tt.plan)
				c := dial(t, srv)
				write(t, c, requestBytes("fastcgi", "POST", "/", "some body"))
				answer, end := readAll(c)
				if got := records(answer); got != tt.want || end != tt.end {
					t.Errorf("got  %s, then %s\nwant %s, then %s", got, end, tt.want, tt.end)
				}
				_ = c.Close()
				await(t, srv, simulator.KindClose, "")
				wantNoFailure(t, srv)
			})
		}
	}
}

// A header of any size, in as many records as it takes.
func TestFastCGIHugeHeader(t *testing.T) {
	srv := start(t, "tcp:127.0.0.1:0", "fastcgi", `default: [{respond: {header_of: {X-Big: 200KiB}}}]`)
	c := dial(t, srv)
	write(t, c, requestBytes("fastcgi", "GET", "/", ""))
	if got := readResponse(t, c, "fastcgi"); len(got) < 200<<10 || !strings.Contains(got, "X-Big: abc") {
		t.Errorf("got %d bytes", len(got))
	}
}

// Kept connections count their requests, a stall inside a record lasts until it is released, and the plan changes at run time.
func TestFastCGIKeepsCountsStallsAndChanges(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		srv := start(t, listenOn(t, network), "fastcgi", `{endpoint: {backlog: 3}, default: [{stall_at: {mark: record_body, plus: 1, gate: release}}, serve]}`)
		c := dial(t, srv)
		write(t, c, requestBytes("fastcgi", "GET", "/", ""))
		if err := srv.Gate("release").AwaitWaiting(within(t), 1); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 100)
		if n, err := io.ReadAtLeast(c, got, 9); n != 9 || err != nil {
			t.Errorf("%s: %d bytes came before the release, %v; want 9", network, n, err)
		}
		srv.Gate("release").Open()
		if _, err := io.ReadFull(c, got[:95]); err != nil {
			t.Fatal(err)
		}
		setPlan(t, srv, `default: [{respond: {body: second}}]`, simulator.OpenConnections)
		write(t, c, requestBytes("fastcgi", "GET", "/", ""))
		if text := readResponse(t, c, "fastcgi"); !strings.HasSuffix(text, "second") {
			t.Errorf("%s: got %q", network, text)
		}
		e, err := srv.Await(within(t), 0, func(e simulator.Entry) bool { return e.Kind == simulator.KindRequest && e.Exchange == 2 })
		if err != nil || e.Conn != 1 || e.Generation != 2 || time.Since(e.Time) > time.Minute {
			t.Errorf("%s: got %+v, %v", network, e, err)
		}
	}
}

package simulator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/fastcgi"
	"github.com/badgateway/badgateway/simulator/uwsgi"
)

// webServer is a web server's side of a FastCGI connection.
type webServer []byte

func (b webServer) record(t fastcgi.Type, id uint16, content string) webServer {
	return fastcgi.AppendRecord(b, t, id, []byte(content), 0)
}

func (b webServer) begin(id uint16, role fastcgi.Role) webServer {
	return b.record(fastcgi.BeginRequest, id, string(fastcgi.Begin{Role: role, Flags: fastcgi.KeepConn}.Append(nil)))
}

func (b webServer) params(id uint16, pairs ...string) webServer {
	var content []byte
	for p := range slices.Chunk(pairs, 2) {
		content = fastcgi.AppendParam(content, p[0], p[1])
	}
	return b.record(fastcgi.Params, id, string(content)).record(fastcgi.Params, id, "")
}

func (b webServer) stdin(id uint16, content string) webServer {
	if content != "" {
		b = b.record(fastcgi.Stdin, id, content)
	}
	return b.record(fastcgi.Stdin, id, "")
}

const (
	okAnswer  = `stdout "Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok" | stdout "" | end_request "\x00\x00\x00\x00\x00\x00\x00\x00"`
	busy2     = `end_request #2 "\x00\x00\x00\x00\x01\x00\x00\x00"`
	wrongRole = `end_request "\x00\x00\x00\x00\x03\x00\x00\x00"`
)

// What a web server does against the FastCGI specification 1.0 is journaled with the section. What
// section 3.3 has an application ignore is ignored; else the connection ends, as that of php-fpm
// and libfcgi does.
func TestFastCGIViolations(t *testing.T) {
	const responder, authorizer, filter = fastcgi.Responder, fastcgi.Authorizer, fastcgi.Filter
	rest := func(b webServer) webServer { return b.params(1, "REQUEST_URI", "/").stdin(1, "") }
	for name, tt := range map[string]struct {
		sent   webServer
		answer string
		texts  []string
	}{
		"nothing":               {rest(webServer{}.begin(1, responder)), okAnswer, nil},
		"another version":       {webServer{2, 1, 0, 1, 0, 0, 0, 0}, "", []string{"FastCGI 1.0, 3.3: version 2"}},
		"a short BEGIN_REQUEST": {webServer{}.record(fastcgi.BeginRequest, 1, "\x00\x01\x01"), "", []string{"FastCGI 1.0, 5.1: begin request is shorter than 8 bytes"}},
		"a long BEGIN_REQUEST":  {webServer{}.record(fastcgi.BeginRequest, 1, "\x00\x01\x01\x00\x00\x00\x00\x00\x00"), "", []string{"FastCGI 1.0, 5.1: begin request of 9 bytes"}},
		"a role that is none":   {webServer{}.begin(1, 9).params(1).stdin(1, ""), wrongRole, []string{"FastCGI 1.0, 5.1: role 9"}},
		"records before BEGIN_REQUEST": {rest(webServer{}.record(fastcgi.Stdin, 1, "a").begin(1, responder)), okAnswer,
			[]string{"FastCGI 1.0, 3.3: stdin for request 1, which is not active"}},
		"records of another request": {rest(webServer{}.begin(1, responder).record(fastcgi.Params, 7, "")), okAnswer,
			[]string{"FastCGI 1.0, 3.3: params for request 7, which is not active"}},
		"a second request is refused": {rest(webServer{}.begin(1, responder).begin(2, responder).params(2).stdin(2, "")), busy2 + " | " + okAnswer, nil},
		"the request begins twice": {rest(webServer{}.begin(1, responder).begin(1, responder)), `end_request "\x00\x00\x00\x00\x01\x00\x00\x00" | ` + okAnswer,
			[]string{"FastCGI 1.0, 3.3: BEGIN_REQUEST of request 1, which is active"}},
		"STDIN before PARAMS end": {webServer{}.begin(1, responder).stdin(1, ""), "", []string{"FastCGI 1.0, 6.1: stdin before the end of params"}},
		"torn PARAMS":             {webServer{}.begin(1, responder).record(fastcgi.Params, 1, "\x09").params(1), "", []string{"FastCGI 1.0, 3.4: name-value pair is torn"}},
		"PARAMS after their end": {webServer{}.begin(1, responder).params(1, "REQUEST_URI", "/").record(fastcgi.Params, 1, "\x01\x01ab").stdin(1, ""), okAnswer,
			[]string{"FastCGI 1.0, 3.3: params of 4 bytes after the end of its stream"}},
		"STDIN after its end": {rest(webServer{}.begin(1, responder)).stdin(1, "").begin(2, responder), okAnswer,
			[]string{"FastCGI 1.0, 3.3: stdin for request 1, which is not active"}},
		"DATA for a responder": {webServer{}.begin(1, responder).params(1, "REQUEST_URI", "/").record(fastcgi.Data, 1, "a").stdin(1, ""), okAnswer,
			[]string{"FastCGI 1.0, 6.4: data, and the role is no filter"}},
		"a filter":                 {rest(webServer{}.begin(1, filter)).record(fastcgi.Data, 1, ""), okAnswer, nil},
		"the application's record": {rest(webServer{}.begin(1, responder).record(fastcgi.Stdout, 1, "a")), okAnswer, []string{"FastCGI 1.0, 3.3: stdout from the web server for request 1"}},
		"GET_VALUES of a request":  {rest(webServer{}.begin(1, responder).record(fastcgi.GetValues, 1, "")), okAnswer, []string{"FastCGI 1.0, 3.3: get_values from the web server for request 1"}},
		"a request with id 0": {rest(webServer{}.begin(0, responder).begin(1, responder)), `unknown_type #0 "\x01\x00\x00\x00\x00\x00\x00\x00" | ` + okAnswer,
			[]string{"FastCGI 1.0, 3.3: begin_request is no management record, and its request id is 0"}},
		"an unknown management record": {rest(webServer{}.record(77, 0, "").begin(1, responder)), `unknown_type #0 "M\x00\x00\x00\x00\x00\x00\x00" | ` + okAnswer, nil},
		"STDIN is shorter than it should be": {webServer{}.begin(1, responder).params(1, "CONTENT_LENGTH", "3").stdin(1, "ab"), okAnswer,
			[]string{"FastCGI 1.0, 6.2: 2 bytes of stdin, CONTENT_LENGTH is 3"}},
		"an authorizer is sent too much": {webServer{}.begin(1, authorizer).params(1, "SCRIPT_NAME", "/a").stdin(1, ""), okAnswer,
			[]string{"FastCGI 1.0, 6.3: an authorizer is sent SCRIPT_NAME"}},
	} {
		t.Run(name, func(t *testing.T) {
			srv := start(t, "tcp:127.0.0.1:0", "fastcgi", `default: [{respond: {body: ok}}]`)
			c := dial(t, srv)
			write(t, c, string(tt.sent))
			_ = c.(interface{ CloseWrite() error }).CloseWrite()
			answer, _ := readAll(c)
			if got := records(answer); got != tt.answer {
				t.Errorf("got  %s\nwant %s", got, tt.answer)
			}
			wantTexts(t, srv, tt.texts)
		})
	}
}

// wantTexts compares what is malformed in the journal of a connection that has ended.
func wantTexts(t *testing.T, srv *simulator.Server, want []string) {
	t.Helper()
	await(t, srv, simulator.KindClose, "")
	entries, _ := srv.Journal(0)
	var got []string
	for _, e := range entries {
		if e.Kind == simulator.KindMalformed {
			got = append(got, strings.TrimPrefix(e.Text, "malformed request: "))
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("journal says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A hung application does not read that its request is aborted; one that reads ends it (section
// 5.4).
func TestAbortOfAHungRequest(t *testing.T) {
	for plan, want := range map[string]string{`default: [hang]`: "", `default: [read_body, {respond: {body: ok}}]`: okAnswer} {
		srv := start(t, "tcp:127.0.0.1:0", "fastcgi", plan)
		c := dial(t, srv)
		write(t, c, string(webServer{}.begin(1, fastcgi.Responder).params(1, "REQUEST_URI", "/").record(fastcgi.AbortRequest, 1, "")))
		await(t, srv, simulator.KindRequest, "")
		if want == "" {
			await(t, srv, simulator.KindStep, "hang")
		}
		_ = c.(interface{ CloseWrite() error }).CloseWrite()
		if answer, _ := readAll(c); records(answer) != want {
			t.Errorf("%s: got %s, want %s", plan, records(answer), want)
		}
		wantTexts(t, srv, nil)
	}
}

// What uWSGI refuses of a packet (core/protocol.c, proto/uwsgi.c) is refused here, unanswered, with
// the words of its log.
func TestUwsgiViolations(t *testing.T) {
	packet := func(modifier byte, vars ...[2]string) string {
		b, err := uwsgi.AppendPacket(nil, vars...)
		if err != nil {
			t.Fatal(err)
		}
		b[0] = modifier
		return string(b)
	}
	get := [2]string{"REQUEST_METHOD", "GET"}
	for name, tt := range map[string]struct {
		sent string
		text string
	}{
		"a block that is too long":    {packet(0, [2]string{"A", strings.Repeat("x", 4096)}), "uWSGI, proto/uwsgi.c: invalid request block size: 4101 (max 4096)"},
		"another modifier":            {packet(5, get), "uWSGI, core/uwsgi.c: unavailable modifier requested: 5"},
		"an empty packet":             {packet(0), "uWSGI, plugins/python/wsgi_handlers.c: empty request"},
		"an empty key":                {packet(0, get, [2]string{"", "x"}), "uWSGI, core/protocol.c: key cannot be null"},
		"a key that is torn":          {"\x00\x04\x00\x00\x05\x00ab", "uWSGI, core/protocol.c: block of variables is torn"},
		"a value that is torn":        {"\x00\x07\x00\x00\x01\x00a\x05\x00xy", "uWSGI, core/protocol.c: block of variables is torn"},
		"too many variables":          {packet(0, slices.Repeat([][2]string{get}, 129)...), "uWSGI, core/protocol.c: max vec size reached: 129 variables"},
		"a length that is none":       {packet(0, get, [2]string{"CONTENT_LENGTH", "+1"}), `RFC 3875, 4.1.2: CONTENT_LENGTH "+1"`},
		"HTTP":                        {"GET / HTTP/1.1\r\n\r\n", "uWSGI, proto/uwsgi.c: invalid request block size: 21573 (max 4096)"},
		"as many variables as can be": {packet(0, slices.Repeat([][2]string{get}, 128)...), ""},
		"a variable without a value":  {packet(0, get, [2]string{"QUERY_STRING", ""}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			srv := start(t, "tcp:127.0.0.1:0", "uwsgi", "{}")
			c := dial(t, srv)
			write(t, c, tt.sent)
			answer, _ := readAll(c)
			if want := tt.text == ""; strings.HasSuffix(answer, "ok\n") != want {
				t.Errorf("got %q", answer)
			}
			var want []string
			if tt.text != "" {
				want = []string{tt.text}
			}
			wantTexts(t, srv, want)
		})
	}
}

package simulator_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/fastcgi"
	"github.com/yookoala/gofast"
)

// A client that somebody else wrote must understand our answers.
func TestServesGofast(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		srv := start(t, listenOn(t, network), "fastcgi", `
exchanges: [{match: {path: /missing.php*, method: POST, param: {SCRIPT_FILENAME: "*"}}, script: [{stderr: oh}, {respond: {status: 404, header: {X-A: b}, fill: 100KiB}}]}]`)
		net, addr, _ := strings.Cut(srv.Addr(), ":")
		handler := gofast.NewHandler(gofast.NewPHPFS("/srv")(gofast.BasicSession), gofast.SimpleClientFactory(gofast.SimpleConnFactory(net, addr)))
		front := httptest.NewServer(handler)
		defer front.Close()
		resp, err := http.Post(front.URL+"/missing.php?a=b", "text/plain", strings.NewReader(strings.Repeat("body", 50000)))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != 404 || resp.Header.Get("X-A") != "b" || len(body) != 100<<10 || err != nil {
			t.Errorf("%s: got %s, X-A %q, %d bytes, %v", network, resp.Status, resp.Header.Get("X-A"), len(body), err)
		}
		if e := await(t, srv, simulator.KindBody, ""); e.Bytes != 200000 {
			t.Errorf("%s: the body had %d bytes, want 200000", network, e.Bytes)
		}
	}
}

// Without FCGI_KEEP_CONN the application closes the connection (section 5.1 of the specification).
func TestClosesWithoutKeepConn(t *testing.T) {
	srv := start(t, listenOn(t, "unix"), "fastcgi", `{}`)
	c := dial(t, srv)
	b := fastcgi.AppendRecord(nil, fastcgi.BeginRequest, 7, fastcgi.Begin{Role: fastcgi.Responder}.Append(nil), 0)
	b = fastcgi.AppendRecord(b, fastcgi.Params, 7, nil, 0)
	write(t, c, string(fastcgi.AppendRecord(b, fastcgi.Stdin, 7, nil, 0)))
	for {
		rec, err := fastcgi.ReadRecord(c)
		if err == io.EOF {
			break
		}
		if err != nil || rec.ID != 7 {
			t.Fatalf("got record %+v, %v; want records of request 7", rec.Header, err)
		}
	}
	if e := await(t, srv, simulator.KindClose, ""); e.By != simulator.ByLocal || e.End != simulator.EndFIN {
		t.Errorf("got %+v", e)
	}
}

// Management records, a second request on a busy connection and an abort are answered as the specification has it.
func TestRecordsOutsideTheScript(t *testing.T) {
	srv := start(t, listenOn(t, "tcp"), "fastcgi", `default: [read_body, {respond: {body: done}}]`)
	c := dial(t, srv)
	b := fastcgi.AppendRecord(nil, fastcgi.GetValues, 0, fastcgi.AppendParam(nil, "FCGI_MPXS_CONNS", ""), 0)
	b = fastcgi.AppendRecord(b, 99, 0, nil, 0)
	begin := fastcgi.Begin{Role: fastcgi.Responder, Flags: fastcgi.KeepConn}.Append(nil)
	b = fastcgi.AppendRecord(b, fastcgi.BeginRequest, 1, begin, 0)
	b = fastcgi.AppendRecord(b, fastcgi.AbortRequest, 1, nil, 0)
	b = fastcgi.AppendRecord(b, fastcgi.BeginRequest, 2, begin, 0)
	b = fastcgi.AppendRecord(b, fastcgi.Params, 2, nil, 0)
	b = fastcgi.AppendRecord(b, fastcgi.BeginRequest, 3, begin, 0)
	write(t, c, string(fastcgi.AppendRecord(b, fastcgi.AbortRequest, 2, nil, 0)))
	for _, want := range []struct {
		kind    fastcgi.Type
		id      uint16
		content string
	}{
		{fastcgi.GetValuesResult, 0, "\x0f\x01FCGI_MPXS_CONNS0"},
		{fastcgi.UnknownType, 0, "\x63\x00\x00\x00\x00\x00\x00\x00"},
		{fastcgi.EndRequest, 1, "\x00\x00\x00\x00\x00\x00\x00\x00"},
		{fastcgi.EndRequest, 3, "\x00\x00\x00\x00\x01\x00\x00\x00"},
		{fastcgi.Stdout, 2, "Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\ndone"},
		{fastcgi.Stdout, 2, ""},
		{fastcgi.EndRequest, 2, "\x00\x00\x00\x00\x00\x00\x00\x00"},
	} {
		rec, err := fastcgi.ReadRecord(c)
		if err != nil || rec.Type != want.kind || rec.ID != want.id || string(rec.Content) != want.content {
			t.Fatalf("got %+v %q %v, want %+v", rec.Header, rec.Content, err, want)
		}
	}
}

func TestMalformedRequests(t *testing.T) {
	for _, tt := range []struct{ protocol, sent, answer string }{
		{"http", "\x16\x03\x01 a TLS client\n\n", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
		{"fastcgi", "GET / HTTP/1.1\r\n\r\n", ""},
	} {
		srv := start(t, listenOn(t, "tcp"), tt.protocol, `{}`)
		c := dial(t, srv)
		write(t, c, tt.sent)
		answer := make([]byte, len(tt.answer)+1)
		n, err := io.ReadFull(c, answer)
		if string(answer[:n]) != tt.answer || (err != io.EOF && err != io.ErrUnexpectedEOF) {
			t.Errorf("%s: got %q, %v", tt.protocol, answer[:n], err)
		}
		await(t, srv, simulator.KindMalformed, "")
	}
}

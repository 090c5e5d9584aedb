package edge

import (
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ line, phase, outcome, upstream string }{
		{`502 Bad Gateway error="dial tcp 10.0.0.7:80: connect: connection refused"`, evidence.Connecting, evidence.Refused, "http://10.0.0.7:80"},
		{`"error":"dial unix /run/app.sock: connect: no such file or directory"`, evidence.Connecting, evidence.Missing, "http://unix:/run/app.sock:"},
		{`'504 Gateway Timeout' caused by: dial tcp 10.0.0.7:80: i/o timeout`, evidence.Connecting, evidence.TimedOut, "http://10.0.0.7:80"},
		{`http: proxy error: dial tcp: lookup app on 127.0.0.11:53: no such host`, evidence.Resolving, evidence.NotFound, ""},
		{`http: proxy error: EOF`, evidence.ReadingHeader, evidence.ClosedEarly, ""},
		{`http: proxy error: tls: first record does not look like a TLS handshake`, evidence.Handshaking, evidence.Invalid, ""},
		{`http: proxy error: read tcp 10.0.0.1:40000->10.0.0.7:80: read: connection reset by peer`, evidence.ReadingHeader, evidence.Reset, "http://10.0.0.7:80"},
		{`upstream connect error or disconnect/reset before headers. reset reason: connection failure, transport failure reason: delayed connect error: 111`, evidence.Connecting, evidence.Refused, ""},
		{`upstream connect error or disconnect/reset before headers. reset reason: connection termination`, evidence.ReadingHeader, evidence.ClosedEarly, ""},
		{`no healthy upstream`, evidence.Selecting, evidence.NoneLive, ""},
		{`Error 522: Connection timed out`, evidence.Connecting, evidence.TimedOut, ""},
		{`The page says: Error code 521`, evidence.Connecting, evidence.Refused, ""},
		{`400 The plain HTTP request was sent to HTTPS port`, evidence.ReadingHeader, evidence.Invalid, ""},
	} {
		e, ok := Parse(c.line)
		if !ok || e.Phase != c.phase || e.Outcome != c.outcome || e.Upstream != c.upstream || e.Status == 0 {
			t.Errorf("%s: got %v %+v", c.line, ok, e)
		}
	}
}

func TestParseSilent(t *testing.T) {
	for _, line := range []string{"", "all is well", "upstream app {", "error_page 520 /x;", `"GET /521 HTTP/1.1" 200 522`, "HTTP/1.1 502 Bad Gateway", "EOF"} {
		if e, ok := Parse(line); ok {
			t.Errorf("%s: got %+v", line, e)
		}
	}
}

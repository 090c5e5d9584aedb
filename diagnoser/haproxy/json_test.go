package haproxy

import (
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

func TestParseForms(t *testing.T) {
	for _, c := range []struct{ line, server, phase, outcome string }{
		{`{"time":"2026-03-14T09:15:02Z","frontend":"web","backend":"app","server":"a1","status":503,"termination_state":"SC--","request":"GET / HTTP/1.1"}`,
			"app/a1", evidence.Connecting, evidence.Refused},
		{`Mar 14 09:15:02 lb haproxy[7]: {"be":"app","srv":"<NOSRV>","ts":"SC--","fe":"web"}`, "app/<NOSRV>", evidence.Selecting, evidence.NoneLive},
		{`2026-03-14T09:15:02Z stderr F 192.0.2.7:40000 [14/Mar/2026:09:15:02.123] web app/<NOSRV> 0/1001/-1/-1/1001 503 217 - - sQ-- 2/2/1/0/0 0/1 "GET / HTTP/1.1"`,
			"app/<NOSRV>", evidence.Selecting, evidence.Exhausted},
		{`192.0.2.7:40000 [14/Mar/2026:09:15:02.123] web app/a1 0/0/-1/-1/0 503 217 - - PC-- 2/2/1/0/0 0/1 "GET / HTTP/1.1"`, "app/a1", evidence.Connecting, evidence.Exhausted},
		{`Connect() failed for backend app: can't connect to destination unix socket, check backlog size on the server.`, "app", evidence.Connecting, evidence.Exhausted},
	} {
		e, ok := Parse(c.line)
		if !ok || e.Server != c.server || e.Phase != c.phase || e.Outcome != c.outcome {
			t.Errorf("%s: got %+v, %v", c.line, e, ok)
		}
	}
	for _, line := range []string{
		`{"status":200,"termination_state":"----","backend":"app","server":"a1"}`, `{"a":1}`, `{"termination_state":"CD--","backend":"app"}`,
		`192.0.2.7:40000 [14/Mar/2026:09:15:02.123] web app/a1 0/0/0/0/1 502 217 - - ---- 2/2/1/0/0 0/1 "GET / HTTP/1.1"`, // the server's own
	} {
		if e, ok := Parse(line); ok {
			t.Errorf("%s: got %+v, want nothing", line, e)
		}
	}
}

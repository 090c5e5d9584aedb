package haproxy

import (
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

const (
	front = "Mar 14 09:15:02 lb haproxy[31]: 192.0.2.7:4711 [14/Mar/2026:09:15:02.123] web~ "
	tail  = ` 3/2/1/1/0 0/0 "GET /a HTTP/1.1"`
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		line, phase, outcome, server string
		status                       int
	}{
		{front + "app/one 0/0/-1/-1/3 503 217 - - SC--" + tail, evidence.Connecting, evidence.Refused, "app/one", 503},
		{front + "app/one 0/0/-1/-1/5000 503 217 - - sC--" + tail, evidence.Connecting, evidence.TimedOut, "app/one", 503},
		{front + "app/one 0/0/1/-1/3 502 217 - - SH--" + tail, evidence.ReadingHeader, evidence.ClosedEarly, "app/one", 502},
		{front + "app/one 0/0/1/-1/30001 504 194 - - sH--" + tail, evidence.ReadingHeader, evidence.TimedOut, "app/one", 504},
		{front + "app/one 0/0/1/-1/3 502 217 - - PH--" + tail, evidence.ReadingHeader, evidence.Invalid, "app/one", 502},
		{front + "app/one 0/0/1/2/3 200 99 - - SD--" + tail, evidence.ReadingBody, evidence.ClosedEarly, "app/one", 200},
		{front + "app/<NOSRV> 0/-1/-1/-1/0 503 217 - - SC--" + tail, evidence.Selecting, evidence.NoneLive, "app/<NOSRV>", 503},
		{front + "web/<NOSRV> 0/-1/-1/-1/0 503 217 - - SC--" + tail, evidence.Selecting, evidence.NotFound, "web/<NOSRV>", 503},
		{front + "app/one 0/-1/3002 0 SC 1/1/0/0/3 0/0", evidence.Connecting, evidence.Refused, "app/one", 503},
		{front + "app/one 2/0/-1/-1/12150 503 217 - - SC-- 3/2/1/1/3 0/0", evidence.Connecting, evidence.Unreachable, "app/one", 503},
		{front + "app/one 0/-1/3051 0 SC 1/1/0/0/0 0/0", evidence.Connecting, evidence.Unreachable, "app/one", 503},
		{"app/one 0/0/1/-1/2 502 360 - - PH--" + tail, evidence.ReadingHeader, evidence.Invalid, "app/one", 502},
		{`[WARNING] (9) : Server app/one is DOWN, reason: Layer4 connection problem, info: "Connection refused", check duration: 0ms.`,
			evidence.Connecting, evidence.Refused, "app/one", 503},
		{"[WARNING] (9) : Server app/one is DOWN, reason: Layer4 timeout, check duration: 501ms.", evidence.Connecting, evidence.TimedOut, "app/one", 503},
		{"[ALERT] (9) : backend 'app' has no server available!", evidence.Selecting, evidence.NoneLive, "app", 503},
		{"[WARNING] (9) : parsing [/etc/haproxy.cfg:5] : 'server one' : could not resolve address 'app', disabling server.", evidence.Resolving, evidence.NotFound, "", 503},
	} {
		e, ok := Parse(c.line)
		if !ok || e.Phase != c.phase || e.Outcome != c.outcome || e.Server != c.server || e.Status != c.status {
			t.Errorf("%s: got %v %+v, want %+v", c.line, ok, e, c)
		}
	}
}

// What clients did, what HAProxy answered itself, and successes are no failures of a backend.
func TestParseSilent(t *testing.T) {
	for _, line := range []string{
		front + "app/one 0/0/1/2/3 200 99 - - ----" + tail,
		front + "app/one 0/0/-1/-1/2 -1 0 - - CC--" + tail,
		front + "web/<NOSRV> 0/-1/-1/-1/0 200 47 - - LR--" + tail,
		front + "web/<NOSRV> -1/-1/-1/-1/0 400 0 - - PR--" + tail,
		"Mar 14 09:15:02 lb haproxy[31]: 192.0.2.7:4711 [14/Mar/2026:09:15:02.123] stats stats/<NOSRV> 0/-1/-1/-1/0 503 216 - - SC--" + tail,
		front + "web/<NOSRV> 0/-1/-1/-1/0 503 216 - - SC-- 3/2/1/1/0 0/0 \"GET /favicon.ico HTTP/1.1\"",
		"[WARNING] (9) : Exiting Master process...",
	} {
		if e, ok := Parse(line); ok {
			t.Errorf("%s: got %+v", line, e)
		}
	}
}

func TestParseFields(t *testing.T) {
	e, _ := Parse(front + "app/one 0/0/1/-1/3 502 217 - - SH--" + tail)
	if e.Client != "192.0.2.7" || e.Request != "GET /a HTTP/1.1" || e.Time.Second() != 2 || e.Message != "termination state SH--, timers 0/0/1/-1/3" {
		t.Errorf("got %+v", e)
	}
}

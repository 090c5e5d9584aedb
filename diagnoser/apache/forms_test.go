package apache

import (
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

func TestParseForms(t *testing.T) {
	const head = "[Sat Mar 14 09:15:02.123456 2026] [proxy_http:error] [pid 7:tid 8] "
	const client = "[client 192.0.2.7:40000] "
	for _, c := range []struct {
		line, phase, outcome string
		status               int
	}{
		{head + "(70007)The timeout specified has expired: " + client + "AH01102: error reading status line from remote server 127.0.0.1:8000", evidence.ReadingHeader, evidence.TimedOut, 502},
		{head + "(70008)Partial results are valid but processing is incomplete: " + client + "AH01110: error reading response", evidence.ReadingBody, evidence.ClosedEarly, 200},
		{head + "(104)Connection reset by peer: " + client + "AH01110: error reading response", evidence.ReadingBody, evidence.Reset, 200},
		{head + "(70007)The timeout specified has expired: " + client + "AH01110: error reading response", evidence.ReadingBody, evidence.TimedOut, 200},
		{head + "(20014)Internal error (specific information not available): " + client + "AH01084: pass request body failed to 127.0.0.1:8443 (127.0.0.1)", evidence.Handshaking, evidence.Invalid, 500},
		{head + client + "AH02039: Certificate Verification: Error (18): self-signed certificate", evidence.Handshaking, evidence.Invalid, 500},
		{head + client + "AH10124: header size is over the limit allowed by ResponseFieldSize (8192 bytes). Bad response header: X", evidence.ReadingHeader, evidence.TooBig, 502},
		{head + client + "AH01106: bad HTTP/1.1 header returned by /x (GET)", evidence.ReadingHeader, evidence.Invalid, 502},
		{head + client + "AH01171: balancer://app: No workers in balancer", evidence.Selecting, evidence.NoneLive, 503},
		{head + client + "AH01144: No protocol handler was valid for the URL /x (scheme 'fcgi').", evidence.Selecting, evidence.Invalid, 500},
		{head + "(22)Invalid argument: " + client + "AH01075: Error dispatching request to : ", evidence.ReadingHeader, evidence.Invalid, 502},
		{"[Sat Mar 14 09:15:02 2026] [error] [client 192.0.2.7] proxy: Error reading from remote server returned by /x", evidence.ReadingHeader, evidence.ClosedEarly, 502},
		{head + "(61)Connection refused: AH00957: http: attempt to connect to 127.0.0.1:8000 (127.0.0.1:8000) failed", evidence.Connecting, evidence.Refused, 503}, // macOS
		{head + "(61)No data available: AH00957: http: attempt to connect to 127.0.0.1:8000 (127.0.0.1:8000) failed", evidence.Connecting, evidence.Invalid, 503},
		{"web-1  | " + head + "(111)Connection refused: AH00957: HTTPS: attempt to connect to 127.0.0.1:8443 (127.0.0.1) failed", evidence.Connecting, evidence.Refused, 503},
	} {
		e, ok := new(Scanner).Parse(c.line)
		if !ok || e.Phase != c.phase || e.Outcome != c.outcome || e.Status != c.status {
			t.Errorf("%s: got %s × %s %d, %v", c.line, e.Phase, e.Outcome, e.Status, ok)
		}
	}
}

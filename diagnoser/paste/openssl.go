package paste

import (
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var (
	sslConnect = regexp.MustCompile(`-connect[ =](\S+)`)
	sslAlert   = regexp.MustCompile(`:((?:wrong version number|[\w ]*alert [\w ]+|unknown protocol|packet length too long)[^:]*)`)
	sslVerify  = regexp.MustCompile(`^\s*Verify return code: (\d+) \(([^)]*)\)`)
)

// openssl s_client says how a TLS handshake went; s_client(1).
var _ = register("openssl", func(f *facts) taker {
	var asked *evidence.Probe
	return func(l line) bool {
		if l.prompt {
			asked = nil
			if m := sslConnect.FindStringSubmatch(strings.Join(l.command, " ")); m != nil && l.ran("openssl") {
				asked = &evidence.Probe{Target: evidence.Target{Protocol: "https", Network: "tcp", Address: anyHost(m[1])}, Phase: evidence.Handshaking,
					Request: "handshake without a server name"}
				if l.has("-servername") {
					asked.Request = "handshake with a server name"
				}
			}
			return false
		}
		if asked == nil {
			return false
		}
		switch {
		case strings.Contains(l.text, "connect:errno=111"), strings.Contains(l.text, "Connection refused"):
			asked.Phase, asked.Outcome, asked.Errno = evidence.Connecting, evidence.Refused, 111
		case sslAlert.MatchString(l.text):
			asked.Outcome, asked.Note = evidence.Invalid, sslAlert.FindStringSubmatch(l.text)[1]
		case sslVerify.MatchString(l.text):
			m := sslVerify.FindStringSubmatch(l.text)
			asked.Outcome, asked.Note = evidence.OK, m[2]
			if m[1] != "0" {
				asked.Note = "certificate: " + m[2]
			}
		default:
			return false
		}
		f.probes = append(f.probes, *asked)
		asked = nil
		return true
	}
})

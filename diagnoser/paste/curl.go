package paste

import (
	"net"
	"net/url"
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var (
	curlURL     = regexp.MustCompile(`(https?)://[^\s'"]+`)
	curlFailed  = regexp.MustCompile(`^(?:.*\s)?curl: \((\d+)\) (.*)$`)
	curlConnect = regexp.MustCompile(`^\* (?:connect to|Failed to connect to|Connected to) (\S+)(?: \(([^)]+)\))? port (\d+)`)
	curlStatus  = regexp.MustCompile(`^(?:< )?HTTP/[\d.]+ (\d{3})\b`)
	unixSocket  = regexp.MustCompile(`--unix-socket[ =](\S+)`)
)

// curl's output is a probe where the command, or -v, tells whom it asked; curl(1), EXIT CODES.
var _ = register("curl", func(f *facts) taker {
	var asked *evidence.Probe
	done := func() { f.probes, asked = append(f.probes, *asked), nil }
	return func(l line) bool {
		if l.prompt {
			asked = nil
			if l.ran("curl", "wget") {
				asked = curlProbe(strings.Join(l.command, " "))
			}
			return false
		}
		if m := curlConnect.FindStringSubmatch(l.text); m != nil {
			if asked == nil {
				asked = &evidence.Probe{Target: evidence.Target{Protocol: "http", Network: "tcp"}}
			}
			host := m[1]
			if m[2] != "" {
				host = m[2]
			}
			asked.Target.Address = anyHost(bracketed(host) + ":" + m[3])
			return true
		}
		if m := curlFailed.FindStringSubmatch(l.text); m != nil {
			if asked == nil {
				asked = curlProbe("curl " + m[2])
			}
			if asked != nil && curlOutcome(asked, m[1], m[2]) {
				done()
			}
			return true
		}
		if m := curlStatus.FindStringSubmatch(l.text); m != nil && asked != nil {
			asked.Phase, asked.Outcome, asked.Status = evidence.ReadingHeader, evidence.OK, atoi(m[1])
			done()
			return true
		}
		if asked != nil && l.command != nil && strings.HasPrefix(strings.TrimSpace(l.text), "<") {
			asked.Phase, asked.Outcome = evidence.ReadingHeader, evidence.OK
			done()
			return true
		}
		return false
	}
})

// curlProbe reads whom a command asks; nil where it names nobody.
func curlProbe(command string) *evidence.Probe {
	p := &evidence.Probe{Request: "GET /"}
	if m := unixSocket.FindStringSubmatch(command); m != nil {
		p.Target = evidence.Target{Protocol: "http", Network: "unix", Address: m[1]}
		return p
	}
	if u, err := url.Parse(curlURL.FindString(command)); err == nil && u.Host != "" {
		port := u.Port()
		if port == "" {
			port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
		}
		p.Target = evidence.Target{Protocol: u.Scheme, Network: "tcp", Address: anyHost(net.JoinHostPort(u.Hostname(), port))}
		p.Request = "GET " + u.RequestURI()
		return p
	}
	for _, w := range strings.Fields(command)[1:] {
		if host, port, err := net.SplitHostPort(strings.TrimSuffix(w, "/")); err == nil && host != "" {
			p.Target = evidence.Target{Protocol: "http", Network: "tcp", Address: anyHost(bracketed(host) + ":" + port)}
			return p
		}
	}
	if m := regexp.MustCompile(`to (\S+) port (\d+)`).FindStringSubmatch(command); m != nil {
		p.Target = evidence.Target{Protocol: "http", Network: "tcp", Address: anyHost(bracketed(m[1]) + ":" + m[2])}
		return p
	}
	return nil
}

func bracketed(host string) string {
	if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
		return "[" + host + "]"
	}
	return host
}

// curlOutcome reads curl's exit code; false for one that says nothing about the server.
func curlOutcome(p *evidence.Probe, code, text string) bool {
	lower := strings.ToLower(text)
	p.Phase = evidence.ReadingHeader
	switch code {
	case "7":
		p.Phase, p.Outcome, p.Errno = evidence.Connecting, evidence.Refused, 111
		if strings.Contains(lower, "no route") {
			p.Outcome, p.Errno = evidence.Unreachable, 113
		} else if strings.Contains(lower, "permission") {
			p.Outcome, p.Errno = evidence.Denied, 13
		}
	case "28":
		p.Outcome = evidence.TimedOut
		if strings.Contains(lower, "connect") || strings.Contains(lower, "resolv") {
			p.Phase = evidence.Connecting
		}
	case "52":
		p.Outcome = evidence.ClosedEarly
	case "56":
		p.Outcome, p.Errno = evidence.Reset, 104
	case "35", "60", "51":
		p.Phase, p.Outcome, p.Note = evidence.Handshaking, evidence.Invalid, text
	case "1", "8":
		p.Outcome, p.Note = evidence.Invalid, text
	default:
		return false
	}
	return true
}

// Package haproxy reads the log of HAProxy: request lines with their termination state,
// and what its health checks say.
package haproxy

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// lineMax bounds what is looked at of one line: HAProxy's own limit is 1024 bytes, or its log's len.
const lineMax = 8 << 10

var (
	quoted  = regexp.MustCompile(`"([A-Z]+ [^"]*)"`)
	check   = regexp.MustCompile(`Server (\S+) is DOWN, reason: ([^,]+)`)
	none    = regexp.MustCompile(`(?:backend|proxy) '?(\S+?)'? has no server available`)
	lookup  = regexp.MustCompile(`could not resolve address '([^']+)'`)
	full    = regexp.MustCompile(`Connect\(\) failed for backend (\S+): can't connect to destination unix socket, check backlog size`)
	invalid = regexp.MustCompile(`backend (\S+) \(#\d+\): invalid response`)
)

// Parse reads one line. It answers false for a line that tells of no failure of a backend.
func Parse(line string) (evidence.Event, bool) {
	line = line[:min(len(line), lineMax)]
	e := evidence.Event{Text: line, Message: strings.TrimSpace(line), Status: 503, Signature: "haproxy"}
	if f, ok := fieldsOf(line); ok {
		return f.event(e)
	}
	if m := check.FindStringSubmatch(line); m != nil {
		e.Server, e.Signature = m[1], "health check"
		e.Message = line[strings.Index(line, "Server "+m[1]):]
		return ofCheck(e, m[2])
	}
	if m := full.FindStringSubmatch(line); m != nil {
		e.Server, e.Phase, e.Outcome, e.Errno, e.Immediate, e.Signature = m[1], evidence.Connecting, evidence.Exhausted, 11, true, "connect at once"
		return e, true
	}
	if e, ok := ofJSON(e); ok {
		return e, true
	}
	if m := none.FindStringSubmatch(line); m != nil {
		e.Server, e.Phase, e.Outcome, e.Signature = m[1], evidence.Selecting, evidence.NoneLive, "no live upstreams"
		return e, true
	}
	if m := lookup.FindStringSubmatch(line); m != nil {
		e.Phase, e.Outcome, e.Signature = evidence.Resolving, evidence.NotFound, "host not found"
		return e, true
	}
	if m := invalid.FindStringSubmatch(line); m != nil {
		e.Server, e.Phase, e.Outcome, e.Signature, e.Status = m[1], evidence.ReadingHeader, evidence.Invalid, "invalid header", 502
		return e, true
	}
	return e, false
}

// ofCheck reads why a health check failed. Layer4 is the connect, Layer6 TLS.
func ofCheck(e evidence.Event, reason string) (evidence.Event, bool) {
	e.Phase = evidence.Connecting
	switch {
	case strings.HasPrefix(reason, "Layer4 timeout"):
		e.Outcome, e.Errno = evidence.TimedOut, 110
	case strings.HasPrefix(reason, "Layer4") && strings.Contains(e.Text, "No route to host"):
		e.Outcome, e.Errno = evidence.Unreachable, 113
	case strings.HasPrefix(reason, "Layer4"):
		e.Outcome, e.Errno = evidence.Refused, 111
	case strings.HasPrefix(reason, "Layer6") && strings.Contains(e.Text, "certificate verify failed"):
		e.Phase, e.Outcome, e.Signature = evidence.Handshaking, evidence.Invalid, "tls certificate"
	case strings.HasPrefix(reason, "Layer6"):
		e.Phase, e.Outcome, e.Signature = evidence.Handshaking, evidence.Invalid, "tls handshake"
	case strings.HasPrefix(reason, "Layer7 timeout"):
		e.Phase, e.Outcome, e.Timer = evidence.ReadingHeader, evidence.TimedOut, true
	default: // an answer that the check does not want: a note
		e.Phase = ""
	}
	return e, true
}

// event reads the termination state: who ended the session, and what it was waiting
// for. C is the client, P the proxy, S the server, s its timeout; C, H and D are the phases.
func (f *fields) event(e evidence.Event) (evidence.Event, bool) {
	e.Client, e.Server = f.client, strings.TrimSuffix(f.backend+"/"+f.server, "/")
	e.Time, _ = time.Parse("02/Jan/2006:15:04:05", strings.SplitN(f.date, ".", 2)[0])
	if q := quoted.FindStringSubmatch(e.Text); q != nil {
		e.Request = q[1]
	}
	e.Message = "termination state " + f.state + ", timers " + strings.Join(f.timers, "/")
	if f.server == "<NOSRV>" && !strings.HasPrefix(f.state, "sQ") {
		// The frontend's own answer, where both have one name: statistics, a redirect.
		if f.state[:2] != "SC" || strings.TrimSuffix(f.frontend, "~") == f.backend {
			return f.noBackend(e)
		}
		e.Phase, e.Outcome, e.Signature = evidence.Selecting, evidence.NoneLive, "no live upstreams"
		return e, true
	}
	for _, s := range states {
		if strings.HasPrefix(f.state, s.flags) {
			e.Phase, e.Outcome, e.Errno, e.Timer, e.Status, e.Signature = s.phase, s.outcome, s.errno, s.timer, s.status, s.signature
			if s.flags == "SC" && unanswered(e.Text, f.timers) {
				e.Outcome, e.Errno, e.Signature = evidence.Unreachable, 113, ARPSilence
			}
			return e, true
		}
	}
	return e, false
}

// ARPSilence is the signature of a connect that failed after as long as the kernel looks for a neighbor's address.
const ARPSilence = "arp silence"

// attempts are the connections before a session's end: the last number is that of retries, with "+" after a redispatch.
var attempts = regexp.MustCompile(` \d+/\d+/\d+/\d+/\+?(\d+) \d+/\d+`)

// unanswered tells whether each attempt took three seconds, as when nobody answers ARP. A refused one takes none,
// and HAProxy waits one second before it tries the same server again.
func unanswered(text string, timers []string) bool {
	m := attempts.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	retries, _ := strconv.Atoi(m[1])
	total, _ := strconv.Atoi(timers[len(timers)-1])
	if len(timers) >= 5 { // HTTP: the client's own time is in it
		first, _ := strconv.Atoi(timers[0])
		total -= max(first, 0)
	}
	each := total / (retries + 1)
	return each >= 2900 && each <= 3400
}

// noBackend reads a frontend's own answer: with all timers at -1 no rule chose a backend. A page of
// statistics, which has no server either, is another thing, and so is what a browser asks of it.
func (f *fields) noBackend(e evidence.Event) (evidence.Event, bool) {
	if f.state[:2] != "SC" || at(f.timers, 2) != "-1" || strings.Contains(e.Server, "stat") || strings.Contains(e.Request, "/favicon.ico") || e.Request == "" {
		return e, false
	}
	e.Phase, e.Outcome, e.Signature = evidence.Selecting, evidence.NotFound, "no backend"
	return e, true
}

var states = []struct {
	flags, phase, outcome string
	errno                 int
	timer                 bool
	status                int
	signature             string
}{
	{"SC", evidence.Connecting, evidence.Refused, 0, false, 503, "connect"},
	{"sC", evidence.Connecting, evidence.TimedOut, 0, true, 503, "timer"},
	{"SH", evidence.ReadingHeader, evidence.ClosedEarly, 0, false, 502, "closed early"},
	{"sH", evidence.ReadingHeader, evidence.TimedOut, 0, true, 504, "timer"},
	{"PH", evidence.ReadingHeader, evidence.Invalid, 0, false, 502, "invalid header"},
	{"SD", evidence.ReadingBody, evidence.ClosedEarly, 0, false, 200, "closed early"},
	{"sD", evidence.ReadingBody, evidence.TimedOut, 0, true, 200, "timer"},
	{"SQ", evidence.Selecting, evidence.NoneLive, 0, false, 503, "no live upstreams"},
	{"PD", evidence.ReadingBody, evidence.Invalid, 0, false, 200, "bad chunk"},
	{"PC", evidence.Connecting, evidence.Exhausted, 0, false, 503, "socket"},
	{"RC", evidence.Connecting, evidence.Exhausted, 0, false, 503, "socket"},
	{"DH", evidence.ReadingHeader, evidence.ClosedEarly, 0, false, 502, "closed early"}, // the server was marked down
	{"DD", evidence.ReadingBody, evidence.ClosedEarly, 0, false, 200, "closed early"},
	{"sQ", evidence.Selecting, evidence.Exhausted, 0, true, 503, "queue"},
}

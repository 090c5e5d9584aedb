// Package apache reads the error log of Apache httpd's mod_proxy.
package apache

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// message is one of mod_proxy's, known by its words: version 2.2 logged no AH numbers.
type message struct {
	signature string
	words     *regexp.Regexp // its first group, if any, is the backend's address
	phase     string
	outcome   string // empty: the status code in front says it
	status    int    // what the client gets; 0: by outcome
	follows   bool   // said again in other words after the failure itself
	timer     bool   // the proxy's own timer ended the wait
	note      bool   // no failure of the backend by itself
}

var messages = []message{
	{signature: "connect", words: regexp.MustCompile(`attempt to connect to Unix domain socket (\S+)`), phase: evidence.Connecting, status: 503},
	{signature: "connect", words: regexp.MustCompile(`attempt to connect to (\S+) `), phase: evidence.Connecting, status: 503},
	{signature: "socket", words: regexp.MustCompile(`error creating fam \d+ socket for target (\S+)`), phase: evidence.Connecting, status: 503},
	{signature: "connect", words: regexp.MustCompile(`failed to make connection to backend: (\S+)`), phase: evidence.Connecting, status: 503, follows: true},
	// mod_proxy_http answers 502 where its own timer ended the wait, mod_proxy_fcgi 504.
	{signature: "recv", words: regexp.MustCompile(`error reading status line from remote server ([^\s,]+)`), phase: evidence.ReadingHeader, status: 502},
	{signature: "recv", words: regexp.MustCompile(`AH01110: error reading response|proxy: error reading response`), phase: evidence.ReadingBody, status: 200},
	{signature: "recv", words: regexp.MustCompile(`[Ee]rror dispatching request to ([^\s,]*)`), phase: evidence.ReadingHeader},
	{signature: "recv", words: regexp.MustCompile(`AH00878: read response failed from ([^\s,]+)`), phase: evidence.ReadingHeader, outcome: evidence.ClosedEarly, status: 502},
	{signature: "recv", words: regexp.MustCompile(`Failed to read FastCGI header`), phase: evidence.ReadingHeader},
	{signature: "recv", words: regexp.MustCompile(`ajp_ilink_receive\(\) can't receive header`), phase: evidence.ReadingHeader},
	{signature: "recv", words: regexp.MustCompile(`dialog to (\S+) (?:\(\S*\) )?failed`), phase: evidence.ReadingHeader, follows: true},
	{signature: "timer", words: regexp.MustCompile(`mod_fcgid: read data timeout in \d+ seconds|FastCGI: comm with server ".*" aborted: idle timeout`),
		phase: evidence.ReadingHeader, outcome: evidence.TimedOut, status: 500, timer: true},
	{signature: "recv", words: regexp.MustCompile(`mod_fcgid: error reading data(?: from FastCGI server)?|FastCGI: comm with server ".*" aborted: `), phase: evidence.ReadingHeader, status: 500},
	{signature: "queue", words: regexp.MustCompile(`mod_fcgid: can't apply process slot for `), phase: evidence.Selecting, outcome: evidence.Exhausted, status: 503},
	{signature: "connect", words: regexp.MustCompile(`FastCGI: failed to connect to server ".*": connect\(\) failed`), phase: evidence.Connecting, status: 500},
	{signature: "recv", words: regexp.MustCompile(`FastCGI: incomplete headers \(\d+ bytes\) received from server`), phase: evidence.ReadingHeader, outcome: evidence.ClosedEarly, status: 500, follows: true},
	{signature: "send", words: regexp.MustCompile(`pass request body failed to ([^\s,]+) \(.*\) from `), phase: evidence.Sending, follows: true},
	{signature: "send", words: regexp.MustCompile(`pass request body failed to ([^\s,]+)`), phase: evidence.Sending},
	{signature: "fastcgi version", words: regexp.MustCompile(`Got bogus version \d+`), phase: evidence.ReadingHeader, outcome: evidence.Invalid},
	{signature: "invalid header", words: regexp.MustCompile(`[Ee]rror parsing script headers|Response header name .* contains invalid characters`),
		phase: evidence.ReadingHeader, outcome: evidence.Invalid},
	{signature: "host not found", words: regexp.MustCompile(`DNS lookup failure for: ([^\s,]+)`), phase: evidence.Resolving, outcome: evidence.NotFound},
	{signature: "tls proxy off", words: regexp.MustCompile(`SSL Proxy requested for (\S+) but not enabled|failed to enable ssl support for (\S+)`),
		phase: evidence.Connecting, outcome: evidence.Invalid, status: 500},
	{signature: "tls handshake", words: regexp.MustCompile(`SSL Proxy connect failed`), phase: evidence.Handshaking, outcome: evidence.Invalid},
	{signature: "tls handshake", words: regexp.MustCompile(`Error during SSL Handshake with remote server`),
		phase: evidence.Handshaking, outcome: evidence.Invalid, status: 500, follows: true},
	{signature: "tls certificate", words: regexp.MustCompile(`SSL Proxy: Peer certificate (?:does not match|is expired)|AH0241[01]: |AH02039: Certificate Verification: Error|Proxy: .*Certificate Verification: Error`),
		phase: evidence.Handshaking, outcome: evidence.Invalid, status: 500},
	{signature: "recv", words: regexp.MustCompile(`Error reading from remote server returned by`), phase: evidence.ReadingHeader, status: 502, follows: true},
	{signature: "too big header", words: regexp.MustCompile(`header size is over the limit allowed by ResponseFieldSize`),
		phase: evidence.ReadingHeader, outcome: evidence.TooBig, status: 502},
	{signature: "invalid header", words: regexp.MustCompile(`bad HTTP/\d\.\d header returned by`),
		phase: evidence.ReadingHeader, outcome: evidence.Invalid, status: 502, follows: true},
	{signature: "invalid header", words: regexp.MustCompile(`AH10404: Error reading headers from backend`), phase: evidence.ReadingHeader, outcome: evidence.Invalid, status: 502},
	{signature: "no live upstreams", words: regexp.MustCompile(`AH011(?:70|67|71): |No workers in balancer|All workers are in error state`),
		phase: evidence.Selecting, outcome: evidence.NoneLive, status: 503},
	{signature: "queue", words: regexp.MustCompile(`AH009(?:34|41): `), phase: evidence.Selecting, outcome: evidence.Exhausted, status: 503},
	{signature: "bad url", words: regexp.MustCompile(`No protocol handler was valid for the URL`), phase: evidence.Selecting, outcome: evidence.Invalid, status: 500},
	{signature: "fastcgi stderr", words: regexp.MustCompile(`Got error '`), note: true},
}

// lineMax is the longest line that httpd logs (MAX_STRING_LEN).
const lineMax = 8 << 10

var (
	stamp    = regexp.MustCompile(`\[\w{3} (\w{3} [ \d]\d \d\d:\d\d:\d\d)(?:\.\d+)? (\d{4})\]`)
	pid      = regexp.MustCompile(`\[pid (\d+)`)
	client   = regexp.MustCompile(`\[client ([^\]]+)\]`)
	level    = regexp.MustCompile(`\[(?:\w+:)?(emerg|alert|crit|error|warn|notice|info|debug)\]`)
	code     = regexp.MustCompile(`\((?:OS )?(\d+)\)`)
	mark     = regexp.MustCompile(`AH\d{5}: |proxy: |ap_proxy|FastCGI: |mod_fcgid: `)
	numbered = regexp.MustCompile(`^AH\d{5}: `)
	proxied  = regexp.MustCompile(`\[proxy(?:_\w+)?:(?:emerg|alert|crit|error)\].*AH\d{5}: |\] \[error\] .*proxy: `)
	access   = regexp.MustCompile(`" [1-5]\d\d [\d-]+`)
)

// Parse reads one line. It answers false for a line that is no message of mod_proxy
// about a backend, and for one that only repeats what another says; an event without an
// Outcome is a note.
func (s *Scanner) Parse(line string) (e evidence.Event, ok bool) {
	line, _, _ = strings.Cut(line[:min(len(line), lineMax)], ", referer: ")
	if !mark.MatchString(line) || access.MatchString(line) {
		return e, false
	}
	for i := range messages {
		m := &messages[i]
		found := m.words.FindStringSubmatchIndex(line)
		if found == nil {
			continue
		}
		if m.follows && s.failed {
			return e, false
		}
		s.failed = s.failed || !m.note
		e = m.event(line, found)
		return e, true
	}
	return e, false
}

// Is tells whether a line is of httpd's error log, whatever carried it. What stands in quotes makes none.
func Is(line string) bool {
	line, _, _ = strings.Cut(line[:min(len(line), lineMax)], `"`)
	if i := strings.Index(line, "AH"); i >= 0 && numbered.MatchString(line[i:]) {
		return true
	}
	if strings.Contains(line, "proxy: ") && known(line) { // quoted without what stood before
		return true
	}
	if i := strings.IndexByte(line, '['); i < 0 || !strings.Contains(line[i:], "] [") {
		return false
	}
	at := stamp.FindStringIndex(line)
	return at != nil && level.MatchString(line[at[1]:])
}

// Unknown tells whether a line is an error of mod_proxy or one of its protocols that no message knows.
func Unknown(line string) bool {
	line, _, _ = strings.Cut(line[:min(len(line), lineMax)], ", referer: ")
	return proxied.MatchString(line) && !known(line) && !strings.Contains(line, "disabling worker for ") // after a failure
}

func known(line string) bool {
	return slices.ContainsFunc(messages, func(m message) bool { return m.words.MatchString(line) })
}

// Scanner reads the lines of one log.
type Scanner struct {
	failed bool // a failure was seen: messages that follow one are passed over
}

func (m *message) event(line string, found []int) evidence.Event {
	e := evidence.Event{Phase: m.phase, Outcome: m.outcome, Signature: m.signature, Status: m.status, Timer: m.timer, Text: line, Message: body(line)}
	if t := stamp.FindStringSubmatch(line); t != nil {
		e.Time, _ = time.Parse("Jan _2 15:04:05 2006", t[1]+" "+t[2])
	}
	e.Level, e.Client = first(level, line), strings.TrimSuffix(first(client, line), ":0")
	e.PID, _ = strconv.Atoi(first(pid, line))
	if len(found) > 3 && found[2] >= 0 {
		e.Upstream = upstream(line[:found[2]], line[found[2]:found[3]])
	}
	if m.note {
		return e
	}
	if e.Outcome == "" {
		m.read(&e, line[:found[0]])
	}
	if e.Status == 0 {
		e.Status = 502
		if e.Timer {
			e.Status = 504
		}
	}
	return e
}

// body is the message without the fields in front of it.
func body(line string) string {
	if at := mark.FindStringIndex(line); at != nil {
		return line[at[0]:]
	}
	return line
}

func first(re *regexp.Regexp, line string) string {
	if m := re.FindStringSubmatch(line); m != nil {
		return m[1]
	}
	return ""
}

// upstream writes an address as the other log readers do; the protocol is the word in
// capitals before it.
func upstream(before, address string) string {
	protocol := "http"
	for word, p := range map[string]string{"FCGI: ": "fastcgi", "HTTPS: ": "https", "SCGI: ": "scgi", "UWSGI: ": "uwsgi", "fcgi:": "fastcgi", "proxy_fcgi": "fastcgi"} {
		if strings.Contains(before, word) {
			protocol = p
		}
	}
	if strings.HasPrefix(address, "/") {
		return protocol + "://unix:" + address
	}
	return protocol + "://" + address
}

package nginx

import (
	"bytes"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// cutLen is the length at which nginx ends a record: NGX_MAX_ERROR_STR less its newline.
const cutLen = 2047

// markers are the words of which each record of interest has one. A record
// without them is not looked at further.
var markers = [][]byte{
	[]byte("upstream"), []byte("resolv"), []byte("worker_connections"), []byte("accept"),
	[]byte("invalid URL prefix"), []byte("zero length URI"), []byte("[emerg]"),
	[]byte("files are available"), []byte("exited on signal"), []byte("auth request unexpected"),
	[]byte("enough for cache key"), []byte("connect() "), []byte("wrong version number"),
	[]byte(bodyBuffered),
}

func promising(b []byte) bool {
	for _, m := range markers {
		if bytes.Contains(b, m) {
			return true
		}
	}
	return false
}

// turnedAway tells whether a record is of a request that nginx itself refused, worth a note.
func turnedAway(b []byte) bool {
	if bytes.Contains(b, []byte(limiting)) || bytes.Contains(b, []byte(tooLarge)) {
		return true
	}
	i := bytes.Index(b, []byte(`() "`))
	return i >= 0 && isBodyFile(beforeClient(b[bytes.LastIndexByte(b[:i], ' ')+1:]))
}

// beforeClient is a message without its context.
func beforeClient(b []byte) string {
	message, _, _ := bytes.Cut(b, []byte(", client: "))
	return string(message)
}

// common are the beginnings of messages that have nothing to do with an upstream unless they name it.
var common = []string{`open() "`, "access forbidden by rule", `directory index of "`, "SSL_do_handshake() failed (SSL", limiting, "client sent "}

// limiting is how messages of limit_req and limit_conn begin, tooLarge that of client_max_body_size.
const limiting, tooLarge = "limiting ", "client intended to send too large "

// marked tells whether a message, which has no context behind it, is promising.
func marked(message string) bool {
	for _, c := range common {
		if strings.HasPrefix(message, c) {
			return c == limiting || strings.Contains(message, "upstream") || isBodyFile(message) || handshakeInRequest(message)
		}
	}
	return promising(bytesOf(message)) || strings.HasPrefix(message, tooLarge) || isBodyFile(message)
}

// handshakeInRequest tells whether a handshake met plain text in the middle of something else: it was not a client's own.
func handshakeInRequest(message string) bool {
	return strings.HasPrefix(message, "SSL_do_handshake() failed (SSL") && strings.Contains(message, "wrong version number") && !strings.Contains(message, " while SSL")
}

// record takes one record with the lines joined to it, line being its first.
func (s *scanner) record(b []byte, line int64, single bool) {
	if single && s.quick(b[:len(b)-1], line) {
		return
	}
	starts := startsRecord(b)
	if !starts {
		if n := prefixLen(b); n > 0 {
			b = unwrap(b, n)
			starts = startsRecord(b)
		}
	}
	switch {
	case !starts:
		s.fragment(b, line)
		return
	case !single && s.quickOf(b, line):
		return
	}
	s.began(b)
	body := b
	if end := bytes.IndexByte(b, '\n'); end >= 0 && end+1 < len(b) {
		body = trimForeign(bytes.TrimRight(clean(b), "\r\n"))
		s.after(b, body, line)
	}
	if b[21] == 'n' || b[21] == 'd' || !promising(body) && !turnedAway(body) { // [notice], [debug]
		return
	}
	if len(body) == len(b) {
		if body = trimForeign(bytes.TrimRight(clean(body), "\r\n")); !promising(body) && !turnedAway(body) {
			return
		}
	}
	s.whole(parseRecord(string(body), line), body)
}

// fragment takes a record that has lost its beginning, if a signature knows it.
func (s *scanner) fragment(b []byte, line int64) {
	body := trimForeign(bytes.TrimRight(clean(b), "\r\n"))
	f, ok := fragmentOf(body)
	if ok {
		if e := f.event(body, line); lookup(e.Message) != nil {
			s.stats.Records++
			s.classify(e)
			s.after(b, body, line)
			return
		}
	}
	s.stray(b, line)
}

// after hands over the lines that follow a record's own.
func (s *scanner) after(b, body []byte, line int64) {
	for range bytes.Count(body, []byte("\n")) + 1 {
		_, b, _ = bytes.Cut(b, []byte("\n"))
		line++
	}
	s.stray(b, line)
}

func (s *scanner) classify(e evidence.Event) {
	k := kindOf(&e)
	s.stats.count(k)
	switch {
	case k == isEvent && s.sink.Event != nil:
		s.sink.Event(e)
	case k == isNote && s.sink.Note != nil:
		s.sink.Note(e)
	}
}

// kind is what a record turned out to be.
type kind uint8

const (
	isNothing kind = iota
	isUnrecognized
	isNote
	isEvent
)

// kindOf looks a record up, and completes an event or a note.
func kindOf(e *evidence.Event) kind {
	sig := lookup(e.Message)
	switch {
	case sig == nil && (e.Upstream != "" || aboutUpstream(e.Message)):
		return isUnrecognized
	case sig == nil:
		return isNothing
	case sig.note:
		e.Signature = sig.name
		return isNote
	}
	sig.fill(e)
	return isEvent
}

func (s *Stats) count(k kind) {
	switch k {
	case isUnrecognized:
		s.Unrecognized++
	case isEvent:
		s.Events++
	}
}

// aboutUpstream tells whether a message speaks of the upstream outside of quotes,
// where nginx puts what others chose: file names, header lines.
func aboutUpstream(message string) bool {
	for i, part := range strings.Split(message, `"`) {
		if i%2 == 0 && strings.Contains(part, "upstream") {
			return true
		}
	}
	return false
}

// trimForeign cuts off lines that follow a finished record: other logs mixed into
// this one. A record may hold raw newlines (FastCGI stderr) before its context.
func trimForeign(b []byte) []byte {
	first := bytes.IndexByte(b, '\n')
	if first < 0 {
		return b
	}
	if !bytes.Contains(b, []byte(", client: ")) {
		return bytes.TrimRight(b[:wrappedLen(b)], "\r")
	}
	for end := first; end < len(b); {
		if head := bytes.TrimRight(b[:end], "\r"); finished(head) {
			return head
		}
		next := bytes.IndexByte(b[end+1:], '\n')
		if next < 0 {
			break
		}
		end += 1 + next
	}
	return b
}

// finished tells whether the context of a record has come to its end.
func finished(b []byte) bool {
	at := bytes.Index(b, []byte(", client: "))
	if at < 0 || unfinishedLine(b) {
		return false
	}
	if bytes.Contains(b[at:], []byte(`, request: "`)) || bytes.Contains(b[at:], []byte(`, upstream: "`)) {
		return bytes.HasSuffix(bytes.TrimRight(b, " `"), []byte(`"`))
	}
	return bytes.Contains(b[at:], []byte(", server: "))
}

// parseRecord reads head, message and context of a record.
func parseRecord(text string, line int64) evidence.Event {
	if strings.Contains(text, "\n") {
		text = unbroken(text)
	}
	e := evidence.Event{Line: line, Text: text, Cut: len(text) >= cutLen}
	e.Time, _ = timestamp([]byte(text[:timestampLen]))
	rest := text[timestampLen+2:]
	e.Level, rest, _ = strings.Cut(rest, "] ")
	if pid, after, ok := strings.Cut(rest, ": "); ok {
		pid, _, _ = strings.Cut(pid, "#")
		e.PID = int(number(pid))
		rest = after
	}
	if strings.HasPrefix(rest, "*") {
		if conn, after, ok := strings.Cut(rest[1:], " "); ok {
			e.Conn, rest = number(conn), after
		}
	}
	readContext(&e, oneLine(rest))
	return e
}

// timestamp reads "2006/01/02 15:04:05". The log names no zone: the time is given as UTC.
func timestamp(b []byte) (time.Time, bool) {
	if len(b) < timestampLen {
		return time.Time{}, false
	}
	two := func(i int) int { return int(b[i]-'0')*10 + int(b[i+1]-'0') }
	t := time.Date(two(0)*100+two(2), time.Month(two(5)), two(8), two(11), two(14), two(17), 0, time.UTC)
	return t, b[4] == '/'
}

// number reads leading decimal digits, at most 18 of them.
func number(s string) (n int64) {
	for i := 0; i < len(s) && i < 18 && s[i]-'0' <= 9; i++ {
		n = n*10 + int64(s[i]-'0')
	}
	return n
}

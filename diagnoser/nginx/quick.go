package nginx

import (
	"bytes"
	"strings"
	"time"
	"unsafe"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// Repeat is what differs in a record that is like an earlier one. The bytes are good
// until the function that takes it returns.
type Repeat struct {
	Time     time.Time
	Conn     int64
	Line     int64
	Request  []byte
	Upstream []byte // URI and all
	Text     []byte // the record as it stands in the log
}

// quickOf reads a record of one line without copying it: what cannot matter is passed over, and what
// is like an earlier record is counted there. It answers false for a record that it cannot
// read, of which it has counted nothing.
func (s *scanner) quickOf(b []byte, line int64) bool {
	end := bytes.IndexByte(b, '\n')
	if end >= 0 && end+1 < len(b) {
		return false
	}
	if end >= 0 {
		b = b[:end]
	}
	return s.quick(b, line)
}

// quick is quickOf for a line without its end.
func (s *scanner) quick(b []byte, line int64) bool {
	b = bytes.TrimSuffix(b, []byte("\r"))
	if len(b) < timestampLen+3 {
		return false
	}
	if b[21] == 'n' || b[21] == 'd' { // [notice], [debug]
		s.began(b)
		return true
	}
	h, ok := headOf(b)
	if !ok {
		return false
	}
	rest := unsafe.String(unsafe.SliceData(b[h.end:]), len(b)-h.end) // read here only, or copied
	at, look, m := s.messageOf(rest)
	switch {
	case at < 0 && !connectionEnd(rest):
		return false
	case !look:
		s.began(b)
		return true
	}
	var e evidence.Event
	if e.Message = strings.TrimRight(rest[:at], " "); m != nil {
		e.Message = m.text
	}
	if !readPlain(&e, rest, at) {
		if !strings.Contains(rest[at:], `, request: "`) {
			return false // it may have been changed in being carried
		}
		readContext(&e, rest)
		m = nil // the message may be another
	}
	if m == nil && strings.Contains(e.Message, "**(") {
		return false
	}
	s.began(b)
	s.shape(b, &e, h, line, m)
	return true
}

// clientAt finds the client field as contextStart does, and tells whether the record names
// an upstream at the end of its message or behind it.
func clientAt(rest string) (at int, named bool) {
	const client = ", client: "
	for at = 0; ; at++ {
		i := strings.IndexByte(rest[at:], ',')
		if i < 0 {
			return -1, false
		}
		at += i
		if strings.HasPrefix(rest[at:], client) {
			break
		}
	}
	if strings.HasSuffix(rest[:at], "upstream") {
		return at, true
	}
	if !strings.Contains(rest[at:], "upstream") {
		return at, false
	}
	return contextStart(rest), true
}

// connectionEnd tells whether a record without context is of a client that went away between its requests, as a busy log at level info
// has one for each connection (ngx_http_keepalive_handler).
func connectionEnd(rest string) bool {
	return strings.HasPrefix(rest, "client ") && strings.HasSuffix(rest, " closed keepalive connection") && !strings.Contains(rest, "upstream")
}

// readPlain reads the context, which begins at a place, of a record whose fields hold no quote and no comma, as nearly all do. It
// answers false for others, and reads those that it takes as readContext does.
func readPlain(e *evidence.Event, s string, at int) bool {
	const client, server, request, upstream = ", client: ", ", server: ", `, request: "`, `, upstream: "`
	s = s[at+len(client):]
	at = strings.IndexByte(s, ',')
	if at < 0 || !strings.HasPrefix(s[at:], server) {
		return false
	}
	e.Client, s = s[:at], s[at+len(server):]
	at = strings.IndexByte(s, ',')
	if at < 0 || !strings.HasPrefix(s[at:], request) {
		return false
	}
	e.Server, s = s[:at], s[at+len(request):]
	at = strings.IndexByte(s, '"')
	if at < len(" HTTP/1.1") || !strings.HasPrefix(s[at-len(" HTTP/1.1"):], " HTTP/") || s[at-3]-'0' > 9 || s[at-2] != '.' || s[at-1]-'0' > 9 {
		return false
	}
	if e.Request, s = s[:at], s[at+1:]; strings.HasPrefix(s, `, host: "`) {
		return true // of no upstream
	}
	if !strings.HasPrefix(s, upstream) {
		return false
	}
	s = s[len(upstream):]
	at = strings.IndexByte(s, '"')
	if at <= 0 || s[0] <= ' ' || s[0] >= 0x7f || s[at-1] <= ' ' || s[at-1] >= 0x7f || !strings.HasPrefix(s[at:], `", host: "`) && !strings.HasPrefix(s[at:], `", referrer: "`) {
		return false
	}
	e.Upstream = s[:at]
	return true
}

// began counts a record that begins with its timestamp.
func (s *scanner) began(b []byte) {
	if s.stats.From.IsZero() {
		s.stats.From, _ = timestamp(b)
	}
	s.stats.Records++
	s.latest = b[:timestampLen]
}

// shape counts a record where like ones were read before, and reads it as new otherwise. Its message is m, if that was seen before.
func (s *scanner) shape(b []byte, e *evidence.Event, h headOfRecord, line int64, m *message) {
	found := s.shapes.of(m, keyOf(e))
	if found == nil {
		s.remember(parseRecord(string(b), line))
		return
	}
	s.stats.count(found.kind)
	switch {
	case found.again != nil:
		found.again(Repeat{Time: s.clock.read(b), Conn: h.conn, Line: line, Request: bytesOf(e.Request), Upstream: bytesOf(e.Upstream), Text: b})
	case found.kind >= isNote && s.sink.Like == nil:
		s.deliver(parseRecord(string(b), line))
	}
}

// whole is shape for a record that was read in full.
func (s *scanner) whole(e evidence.Event, text []byte) {
	found := s.shapes.find(keyOf(&e))
	if found == nil {
		s.remember(e)
		return
	}
	s.stats.count(found.kind)
	switch {
	case found.again != nil:
		found.again(Repeat{Time: e.Time, Conn: e.Conn, Line: e.Line, Request: bytesOf(e.Request), Upstream: bytesOf(e.Upstream), Text: text})
	case found.kind >= isNote && s.sink.Like == nil:
		s.deliver(e)
	}
}

// remember takes the first record of a shape.
func (s *scanner) remember(e evidence.Event) {
	key := keyOf(&e)
	found := s.shapes.add(key, shape{kind: kindOf(&e)})
	s.stats.count(found.kind)
	found.again = s.first(found.kind, e)
}

// first hands over the first event of a shape.
func (s *scanner) first(k kind, e evidence.Event) func(Repeat) {
	switch {
	case k >= isNote && s.sink.Like != nil:
		return s.sink.Like(e)
	case k == isEvent && s.sink.Event != nil:
		s.sink.Event(e)
	case k == isNote && s.sink.Note != nil:
		s.sink.Note(e)
	}
	return nil
}

// Event reads the whole record.
func (r Repeat) Event() evidence.Event {
	e := parseRecord(string(r.Text), r.Line)
	kindOf(&e)
	return e
}

// deliver hands over a record to a sink that wants each.
func (s *scanner) deliver(e evidence.Event) {
	s.first(kindOf(&e), e)
}

func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// authority is the part of a logged upstream that tells upstreams apart: without the
// URI, except where the path of a unix socket runs into it.
func authority(upstream string) string {
	const http = "http://"
	if strings.HasPrefix(upstream, http) && !strings.HasPrefix(upstream[len(http):], "unix:") {
		for i := len(http); i < len(upstream); i++ {
			if c := upstream[i]; c == '/' || c == '?' {
				return upstream[:i]
			}
		}
		return upstream
	}
	at := strings.IndexByte(upstream, ':')
	if at < 0 || !strings.HasPrefix(upstream[at:], "://") {
		return upstream
	}
	at += len("://")
	rest := upstream[at:]
	if strings.HasPrefix(rest, "unix:") {
		if i := strings.IndexByte(rest[len("unix:"):], ':'); i >= 0 {
			return upstream[:at+len("unix:")+i]
		}
		return upstream
	}
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		rest = rest[:i]
	}
	if i := strings.IndexByte(rest, '?'); i >= 0 {
		rest = rest[:i]
	}
	return upstream[:at+len(rest)]
}

// headOfRecord is what stands between the timestamp and the message.
type headOfRecord struct {
	conn int64
	end  int
}

// headOf reads "[error] 31#31: *7 ".
func headOf(b []byte) (h headOfRecord, ok bool) {
	i := timestampLen + 2
	for i < len(b) && b[i] >= 'a' && b[i] <= 'z' {
		i++
	}
	if i+2 >= len(b) || b[i] != ']' || b[i+1] != ' ' {
		return h, false
	}
	i += 2
	for i < len(b) && (b[i]-'0' <= 9 || b[i] == '#') {
		i++
	}
	if i+2 >= len(b) || b[i] != ':' || b[i+1] != ' ' {
		return h, false
	}
	i += 2
	if b[i] == '*' {
		for i++; i < len(b) && b[i]-'0' <= 9 && h.conn < 1e17; i++ {
			h.conn = h.conn*10 + int64(b[i]-'0')
		}
		if i >= len(b) || b[i] != ' ' {
			return h, false
		}
		i++
	}
	h.end = i
	return h, true
}

// clock reads timestamps, of which many records in a row have one.
type clock struct {
	text [timestampLen]byte
	time time.Time
}

func (c *clock) read(b []byte) time.Time {
	if string(c.text[:]) != string(b[:timestampLen]) {
		c.time, _ = timestamp(b)
		copy(c.text[:], b)
	}
	return c.time
}

package simulator

import (
	"slices"

	"github.com/badgateway/badgateway/simulator/fastcgi"
)

// stream reads the FastCGI records of one connection as they arrive. Requests
// are not multiplexed: a second BEGIN_REQUEST is answered CANT_MPX_CONN (section 5.5).
type stream struct {
	header  [fastcgi.HeaderLen]byte
	have    int // bytes of header
	current fastcgi.Header
	left    int // of the content
	pad     int // of the padding

	content []byte // of records that are handled whole: all but PARAMS, STDIN and DATA
	params  []byte
	begin   fastcgi.Begin
	id      uint16 // of the request; 0 between requests
	headEnd bool   // the empty PARAMS record came
	bodyEnd bool   // the empty STDIN record came
	dataEnd bool   // the empty DATA record came, which a filter is sent after STDIN (section 6.4)
	aborted bool   // ABORT_REQUEST came
	size    int64  // of STDIN and DATA so far
	stdin   int64  // of STDIN alone
	length  int64  // what CONTENT_LENGTH says of STDIN; -1 where it says nothing
	reply   []byte // what must be answered outside the script

	before  uint16          // the id of the request before
	refused map[uint16]bool // ids of requests that were answered CANT_MPX_CONN
	faults  []error         // of records that are ignored, not journaled yet
}

// reset prepares for the next request and keeps the buffers.
func (s *stream) reset() {
	*s = stream{
		content: s.content[:0], params: s.params[:0], reply: s.reply[:0],
		before: s.id, refused: s.refused, faults: s.faults,
	}
}

func (s *stream) feedHead(p []byte, limit int) (used int, err error) {
	for used < len(p) && !s.headEnd && err == nil {
		var n int
		n, err = s.feed(p[used:], limit)
		used += n
	}
	return used, err
}

func (s *stream) feedBody(p []byte, limit int) (used int, err error) {
	for used < len(p) && !s.bodyDone() && err == nil {
		var n int
		n, err = s.feed(p[used:], limit)
		used += n
	}
	return used, err
}

// bodyDone includes the padding of the last record.
func (s *stream) bodyDone() bool {
	complete := s.bodyEnd && (s.dataEnd || s.begin.Role != fastcgi.Filter)
	return (complete || s.aborted) && s.have == 0
}

// endedBy reports whether b is the empty STDIN record that completes the request.
func (s *stream) endedBy(b []byte) bool {
	if s.begin.Role == fastcgi.Filter || s.bodyEnd || s.have > 0 || len(b) != fastcgi.HeaderLen {
		return false
	}
	return fastcgi.ParseHeader(b) == fastcgi.Header{Version: fastcgi.Version, Type: fastcgi.Stdin, ID: s.id}
}

// feed takes bytes up to the end of the header, the content or the padding.
func (s *stream) feed(p []byte, limit int) (int, error) {
	switch {
	case s.have < len(s.header):
		n := copy(s.header[s.have:], p)
		if s.have += n; s.have < len(s.header) {
			return n, nil
		}
		s.current = fastcgi.ParseHeader(s.header[:])
		s.left, s.pad = int(s.current.Length), int(s.current.Padding)
		if s.current.Version != fastcgi.Version {
			return n, malformed("FastCGI 1.0, 3.3", "version %d", s.current.Version)
		}
		if err := s.judge(); err != nil {
			return n, err
		}
		return n, s.finish()
	case s.left > 0:
		n := min(len(p), s.left)
		s.left -= n
		return n, s.take(p[:n], limit)
	default:
		n := min(len(p), s.pad)
		s.pad -= n
		return n, s.finish()
	}
}

func (s *stream) take(p []byte, limit int) error {
	switch s.current.Type {
	case fastcgi.Stdin, fastcgi.Data:
		if s.takes(s.current.Type) {
			s.size += int64(len(p))
		}
		if s.current.Type == fastcgi.Stdin {
			s.stdin += int64(len(p))
		}
	case fastcgi.Params:
		if s.takes(fastcgi.Params) {
			s.params = append(s.params, p...)
		}
	default:
		s.content = append(s.content, p...)
	}
	if len(s.params) > limit {
		return malformed("FastCGI 1.0, 3.4", "parameters are longer than %d bytes", limit)
	}
	return s.finish()
}

// finish handles the record once its content and padding are there.
func (s *stream) finish() error {
	if s.left > 0 || s.pad > 0 {
		return nil
	}
	s.have = 0
	h := s.current
	content := s.content
	s.content = s.content[:0]
	if h.ID == 0 {
		s.manage(h.Type, content)
		return nil
	}
	switch h.Type {
	case fastcgi.BeginRequest:
		return s.beginRequest(h, content)
	case fastcgi.Params:
		s.headEnd = s.headEnd || (h.Length == 0 && h.ID == s.id)
	case fastcgi.Stdin:
		if s.takes(fastcgi.Stdin) && h.Length == 0 {
			s.bodyEnd = true
			s.compareLength()
		}
	case fastcgi.Data:
		s.dataEnd = s.dataEnd || (h.Length == 0 && h.ID == s.id)
	case fastcgi.AbortRequest:
		s.abort(h.ID)
	}
	return nil
}

// abort ends the input of the request; one that has no script yet is answered here (section 5.4).
func (s *stream) abort(id uint16) {
	switch {
	case id != s.id:
	case s.headEnd:
		s.aborted = true
	default:
		s.reply = fastcgi.AppendRecord(s.reply, fastcgi.EndRequest, id, fastcgi.End{}.Append(nil), 0)
		s.id, s.params = 0, s.params[:0]
	}
}

func (s *stream) beginRequest(h fastcgi.Header, content []byte) error {
	begin, err := fastcgi.ParseBegin(content)
	switch {
	case err != nil:
		return malformed("FastCGI 1.0, 5.1", "%v", err)
	case len(content) > 8:
		return malformed("FastCGI 1.0, 5.1", "begin request of %d bytes", len(content))
	case s.id == h.ID:
		s.ignored("FastCGI 1.0, 3.3", "BEGIN_REQUEST of request %d, which is active", h.ID)
		s.refuse(h.ID, fastcgi.CantMultiplex)
	case s.id != 0:
		s.refuse(h.ID, fastcgi.CantMultiplex)
	case begin.Role < fastcgi.Responder || begin.Role > fastcgi.Filter:
		s.ignored("FastCGI 1.0, 5.1", "role %d", begin.Role)
		s.refuse(h.ID, fastcgi.UnknownRole)
	default:
		delete(s.refused, h.ID)
		s.id, s.begin, s.length = h.ID, begin, -1
	}
	return nil
}

// refuse answers a request that is not served. Records of it may be on their way.
func (s *stream) refuse(id uint16, status fastcgi.Status) {
	s.reply = fastcgi.AppendRecord(s.reply, fastcgi.EndRequest, id, fastcgi.End{Protocol: status}.Append(nil), 0)
	if s.refused == nil {
		s.refused = map[uint16]bool{}
	}
	s.refused[id] = id != s.id
}

// manage answers management records (section 4).
func (s *stream) manage(t fastcgi.Type, content []byte) {
	if t == fastcgi.GetValues {
		s.reply = fastcgi.AppendValues(s.reply, content, map[string]string{
			"FCGI_MAX_CONNS": "1024", "FCGI_MAX_REQS": "1024", "FCGI_MPXS_CONNS": "0",
		})
		return
	}
	s.reply = fastcgi.AppendUnknownType(s.reply, t)
}

// fill sets the request from the parameters.
func (s *stream) fill(r *request) error {
	*r = request{cgi: true, role: s.begin.Role, fields: r.fields[:0], id: uint32(s.id), keep: s.begin.Flags&fastcgi.KeepConn != 0}
	for rest := slices.Clip(s.params); len(rest) > 0; {
		name, value, next, err := fastcgi.NextParam(rest)
		if err != nil {
			return malformed("FastCGI 1.0, 3.4", "%v", err)
		}
		r.fields = append(r.fields, pair{name, value})
		rest = next
	}
	s.noteLength(r)
	r.method = r.first("REQUEST_METHOD")
	r.target = r.first("REQUEST_URI", "DOCUMENT_URI", "SCRIPT_NAME")
	return nil
}

func (r *request) first(names ...string) []byte {
	for _, name := range names {
		for _, f := range r.fields {
			if string(f.name) == name && len(f.value) > 0 {
				return f.value
			}
		}
	}
	return nil
}

package simulator

import (
	"strconv"

	"github.com/badgateway/badgateway/simulator/fastcgi"
)

// ignored keeps what is wrong with a record that an application ignores, for the journal.
func (s *stream) ignored(rule, format string, args ...any) {
	s.faults = append(s.faults, malformed(rule, format, args...))
}

// takes reports whether content of this type is of the request, and in its place.
func (s *stream) takes(t fastcgi.Type) bool {
	if s.id == 0 || s.current.ID != s.id {
		return false
	}
	switch t {
	case fastcgi.Params:
		return !s.headEnd
	case fastcgi.Stdin:
		return s.headEnd && !s.bodyEnd
	default:
		return s.headEnd && !s.dataEnd && s.begin.Role == fastcgi.Filter
	}
}

// judge looks at a record's header. Most of what is wrong is ignored, as section 3.3 has it, and
// journaled.
func (s *stream) judge() error {
	h := s.current
	if h.ID == 0 {
		if h.Type < fastcgi.GetValues {
			s.ignored("FastCGI 1.0, 3.3", "%v is no management record, and its request id is 0", h.Type)
		}
		return nil
	}
	switch h.Type {
	case fastcgi.BeginRequest:
	case fastcgi.Params, fastcgi.Stdin, fastcgi.Data, fastcgi.AbortRequest:
		return s.judgeOf(h)
	default: // the application's own, those of management, and types that do not exist
		s.ignored("FastCGI 1.0, 3.3", "%v from the web server for request %d", h.Type, h.ID)
	}
	return nil
}

func (s *stream) judgeOf(h fastcgi.Header) error {
	switch {
	case s.refused[h.ID] || h.Type == fastcgi.AbortRequest && h.ID == s.before: // sent before the answer was read
	case h.ID != s.id:
		s.ignored("FastCGI 1.0, 3.3", "%v for request %d, which is not active", h.Type, h.ID)
	case h.Type == fastcgi.AbortRequest, s.takes(h.Type):
	case !s.headEnd: // php-fpm (main/fastcgi.c, fcgi_read_request) and net/http/fcgi end the connection or lose it
		return malformed("FastCGI 1.0, 6.1", "%v before the end of params", h.Type)
	case h.Type == fastcgi.Data && s.begin.Role != fastcgi.Filter:
		s.ignored("FastCGI 1.0, 6.4", "%v, and the role is no filter", h.Type)
	default:
		s.ignored("FastCGI 1.0, 3.3", "%v of %d bytes after the end of its stream", h.Type, h.Length)
	}
	return nil
}

// noteLength keeps what the parameters say of STDIN. What an authorizer is not sent is journaled
// (section 6.3).
func (s *stream) noteLength(r *request) {
	if length := r.first("CONTENT_LENGTH"); length != nil {
		if n, err := strconv.ParseUint(string(length), 10, 63); err == nil {
			s.length = int64(n)
		}
	}
	if s.begin.Role != fastcgi.Authorizer {
		return
	}
	for _, name := range []string{"CONTENT_LENGTH", "PATH_INFO", "PATH_TRANSLATED", "SCRIPT_NAME"} {
		if r.first(name) != nil {
			s.ignored("FastCGI 1.0, 6.3", "an authorizer is sent %s", name)
		}
	}
}

// compareLength compares STDIN with CONTENT_LENGTH (section 6.2).
func (s *stream) compareLength() {
	if s.length >= 0 && s.stdin != s.length && s.begin.Role == fastcgi.Responder {
		s.ignored("FastCGI 1.0, 6.2", "%d bytes of stdin, CONTENT_LENGTH is %d", s.stdin, s.length)
	}
}

package simulator

import (
	"bytes"
	"math"
	"strings"
)

// framing is what a head says of who is asked and where the body ends, in as many fields as there
// are (RFC 9112, 3.2 and 6).
type framing struct {
	hosts   int
	length  int64 // -1 without a Content-Length
	coded   bool  // there is a Transfer-Encoding
	chunked bool  // chunked is the last of its codings
}

func (f *framing) host(value []byte) error {
	if f.hosts++; f.hosts > 1 {
		return malformed("RFC 9112, 3.2", "Host comes twice")
	}
	if notInHost.in(value) {
		return malformed("RFC 9112, 3.2", "Host %q", clip(value))
	}
	return nil
}

// bytesOf is a set of bytes. Looking for one calls nothing, so that a connection's stack stays small.
type bytesOf [256]bool

func (s *bytesOf) in(text []byte) bool {
	for _, c := range text {
		if s[c] {
			return true
		}
	}
	return false
}

// notInHost are what is in no host and port (RFC 3986, 3.2.2 and 3.2.3). Names that are not ASCII are left alone.
var notInHost = setOf(" \t\"#/<>?@\\^`{|}")

// controls are what is in no value of a field, and in no target (RFC 9110, 5.5).
var controls = setOf("")

// setOf holds the bytes of list, and all controls but the tab.
func setOf(list string) *bytesOf {
	var s bytesOf
	for c := range 0x80 {
		s[c] = c < ' ' && c != '\t' || c == 0x7f
	}
	for i := range len(list) {
		s[list[i]] = true
	}
	return &s
}

// contentLength takes digits alone: a sign, or a list of lengths, is a way to smuggle requests (RFC
// 9112, 6.3 and 11.2).
func (f *framing) contentLength(value []byte) error {
	n, ok := digits(value)
	switch {
	case !ok:
		return malformed("RFC 9110, 8.6", "content-length %q", clip(value))
	case f.length >= 0:
		return malformed("RFC 9112, 6.3", "content-length comes twice")
	}
	f.length = n
	return nil
}

// digits is strconv.ParseUint(value, 10, 63) with a small stack: that one's would double what a connection costs.
func digits(value []byte) (n int64, ok bool) {
	for _, c := range value {
		if c < '0' || c > '9' || n > (math.MaxInt64-int64(c-'0'))/10 {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, len(value) > 0
}

func (f *framing) transferEncoding(value []byte) error {
	f.coded = true
	for item := range bytes.SplitSeq(value, []byte(",")) {
		if f.chunked {
			return malformed("RFC 9112, 6.1", "transfer-encoding %q: chunked is not the last", clip(value))
		}
		f.chunked = equalFold(bytes.Trim(item, " \t"), "chunked")
	}
	return nil
}

// settle decides where the body ends.
func (f *framing) settle(minor int, body *httpBody) error {
	switch {
	case f.coded && minor == 0:
		return malformed("RFC 9112, 6.1", "transfer-encoding in HTTP/1.0")
	case f.coded && !f.chunked:
		return malformed("RFC 9112, 6.3", "transfer-encoding without chunked at its end")
	case f.coded && f.length >= 0:
		return malformed("RFC 9112, 6.3", "content-length with transfer-encoding")
	case f.hosts == 0 && minor > 0:
		return malformed("RFC 9112, 3.2", "no Host")
	}
	body.chunked, body.left = f.chunked, max(f.length, 0)
	return nil
}

// lineEnds refuses lines that end in LF alone, and CR elsewhere (RFC 9112, 2.2): Apache httpd and
// Node.js do so, too.
func lineEnds(head []byte) error {
	for i, c := range head {
		switch {
		case c == '\n' && (i == 0 || head[i-1] != '\r'):
			return malformed("RFC 9112, 2.2", "LF without CR at byte %d of the head", i)
		case c == '\r' && (i+1 == len(head) || head[i+1] != '\n'):
			return malformed("RFC 9112, 2.2", "CR without LF at byte %d of the head", i)
		}
	}
	return nil
}

// isTarget reports whether the target has one of the four forms (RFC 9112, 3.2).
func isTarget(method, target []byte) bool {
	switch {
	case len(target) == 0, controls.in(target):
		return false
	case string(method) == "CONNECT":
		return target[0] != '/' && bytes.IndexByte(target, ':') > 0
	case string(target) == "*":
		return string(method) == "OPTIONS"
	}
	return target[0] == '/' || bytes.Contains(target, []byte("://"))
}

// isToken reports whether s is what methods and the names of fields are made of (RFC 9110, 5.6.2).
func isToken[T string | []byte](s T) bool {
	for i := range len(s) {
		c := s[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return len(s) > 0
}

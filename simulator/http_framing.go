package simulator

import (
	"bytes"
	"strconv"
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
	if i := bytes.IndexFunc(value, notInHost); i >= 0 {
		return malformed("RFC 9112, 3.2", "Host %q", clip(value))
	}
	return nil
}

// notInHost matches what is in no host and port (RFC 3986, 3.2.2 and 3.2.3). Names that are not
// ASCII are left alone.
func notInHost(c rune) bool {
	return c <= ' ' || c == 0x7f || strings.ContainsRune("\"#/<>?@\\^`{|}", c)
}

// contentLength takes digits alone: a sign, or a list of lengths, is a way to smuggle requests (RFC
// 9112, 6.3 and 11.2).
func (f *framing) contentLength(value []byte) error {
	n, err := strconv.ParseUint(string(value), 10, 63)
	switch {
	case err != nil:
		return malformed("RFC 9110, 8.6", "content-length %q", clip(value))
	case f.length >= 0:
		return malformed("RFC 9112, 6.3", "content-length comes twice")
	}
	f.length = int64(n)
	return nil
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

func isControl(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }

// isTarget reports whether the target has one of the four forms (RFC 9112, 3.2).
func isTarget(method, target []byte) bool {
	switch {
	case len(target) == 0, bytes.ContainsFunc(target, isControl):
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

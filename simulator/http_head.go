package simulator

import (
	"bytes"
	"errors"
	"fmt"
)

var errMalformed = errors.New("malformed request")

// malformed is what the peer sent, and the rule that it breaks.
func malformed(rule, format string, args ...any) error {
	return fmt.Errorf("%w: "+rule+": "+format, append([]any{errMalformed}, args...)...)
}

// headLength finds the end of a head in b, of which the first seen bytes were
// looked at before; 0 when it is not there yet. Lines may end in LF alone (RFC 9112, 2.2).
func headLength(b []byte, seen int) int {
	for at := max(0, seen-3); ; {
		i := bytes.IndexByte(b[at:], '\n')
		if i < 0 {
			return 0
		}
		at += i + 1
		rest := b[at:]
		if len(rest) > 0 && rest[0] == '\n' {
			return at + 1
		}
		if len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n' {
			return at + 2
		}
	}
}

// parseHead decodes a whole head: request line (RFC 9112, 3) and fields (5).
func (r *request) parseHead(b []byte, body *httpBody) error {
	line, rest := cutLine(b)
	method, line, ok1 := bytes.Cut(line, []byte(" "))
	target, version, ok2 := bytes.Cut(line, []byte(" "))
	minor, ok3 := httpMinor(version)
	if !ok1 || !ok2 || !ok3 || !isToken(method) || !isTarget(method, target) {
		return malformed("RFC 9112, 3", "request line %q", clip(b))
	}
	if err := lineEnds(b); err != nil {
		return err
	}
	r.begin(method, target, minor >= 1)
	*body = httpBody{}
	seen := framing{length: -1}
	for {
		line, rest = cutLine(rest)
		if len(line) == 0 {
			break
		}
		if err := r.parseField(line, &seen); err != nil {
			return err
		}
	}
	if err := seen.settle(minor, body); err != nil {
		return err
	}
	r.decideConnection(minor)
	return nil
}

//go:noinline
func (r *request) begin(method, target []byte, keep bool) {
	*r = request{method: method, target: target, fields: r.fields[:0], keep: keep}
}

// parseField refuses a line that continues the one before it and blanks before
// the colon, as a server must (RFC 9112, 5.1 and 5.2).
//
//go:noinline
func (r *request) parseField(line []byte, seen *framing) error {
	name, value, ok := bytes.Cut(line, []byte(":"))
	switch {
	case blank(line[0]):
		return malformed("RFC 9112, 5.2", "header line %q continues the one before", clip(line))
	case len(name) > 0 && blank(name[len(name)-1]):
		return malformed("RFC 9112, 5.1", "blank before the colon of header line %q", clip(line))
	case !ok || !isToken(name):
		return malformed("RFC 9112, 5", "header line %q", clip(line))
	case controls.in(value):
		return malformed("RFC 9110, 5.5", "control character in header line %q", clip(line))
	}
	value = trimBlanks(value)
	r.fields = append(r.fields, pair{name, value})
	return r.note(name, value, seen)
}

func blank(c byte) bool { return c == ' ' || c == '\t' }

func cutLine(b []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(b, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), rest
}

func httpMinor(version []byte) (minor int, ok bool) {
	if len(version) != 8 || string(version[:7]) != "HTTP/1." || version[7] < '0' || version[7] > '9' {
		return 0, false
	}
	return int(version[7] - '0'), true
}

// note keeps what a field says of body and connection.
func (r *request) note(name, value []byte, seen *framing) error {
	switch {
	case equalFold(name, "content-length"):
		return seen.contentLength(value)
	case equalFold(name, "transfer-encoding"):
		return seen.transferEncoding(value)
	case equalFold(name, "host"):
		return seen.host(value)
	case equalFold(name, "connection"):
		r.keep = (r.keep || containsToken(value, "keep-alive")) && !containsToken(value, "close")
	case equalFold(name, "expect"):
		r.expects = equalFold(value, "100-continue")
	}
	return nil
}

// decideConnection chooses what the response says: persistence is implied in
// HTTP/1.1 and must be said to an HTTP/1.0 client (RFC 9112, 9.3).
func (r *request) decideConnection(minor int) {
	switch {
	case !r.keep:
		r.say = sayClose
	case minor == 0:
		r.say = sayKeep
	}
}

func containsToken(value []byte, token string) bool {
	for len(value) > 0 {
		var item []byte
		item, value, _ = bytes.Cut(value, []byte(","))
		if equalFold(trimBlanks(item), token) {
			return true
		}
	}
	return false
}

// trimBlanks is bytes.Trim for the two blanks of HTTP (RFC 9110, 5.6.3).
func trimBlanks(b []byte) []byte {
	for len(b) > 0 && blank(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && blank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// clip shortens what is shown of input.
func clip(b []byte) []byte { return b[:min(len(b), 60)] }

package probe

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// head is a response header, as far as it decides on framing and reuse.
type head struct {
	status   int
	minor    int   // HTTP/1.minor
	size     int   // with status line and empty line
	length   int64 // -1 where the header does not say
	chunked  bool
	bodiless bool
	connect  string // the Connection field, in lower case
}

func isFull(err error) bool { return errors.Is(err, bufio.ErrBufferFull) }

// parseHead refuses what nginx refuses: a status line that is none, a line without a
// colon, a control character in a name, NUL in a value, and framing that says two things.
func parseHead(text []byte) (*head, *failure) {
	lines := bytes.Split(bytes.TrimRight(text, "\r\n"), []byte("\n"))
	h := &head{size: len(text), length: -1}
	status := strings.TrimRight(string(lines[0]), "\r")
	if !h.statusLine(status) {
		return nil, invalid(evidence.ReadingHeader, "status line %q", status[:min(len(status), 64)])
	}
	h.bodiless = h.status < 200 || h.status == 204 || h.status == 304
	for _, line := range lines[1:] {
		line = bytes.TrimRight(line, "\r")
		if why := h.field(line); why != "" {
			return nil, invalid(evidence.ReadingHeader, "%s: %q", why, line[:min(len(line), 64)])
		}
	}
	if h.chunked && h.length >= 0 {
		return nil, invalid(evidence.ReadingHeader, "both Content-Length and Transfer-Encoding")
	}
	return h, nil
}

func (h *head) statusLine(line string) bool {
	version, rest, _ := strings.Cut(line, " ")
	major, minor, ok := strings.Cut(strings.TrimPrefix(version, "HTTP/"), ".")
	code, _, _ := strings.Cut(rest, " ")
	var err1, err2 error
	h.minor, err1 = strconv.Atoi(minor)
	h.status, err2 = strconv.Atoi(code)
	return ok && major == "1" && err1 == nil && err2 == nil && len(code) == 3
}

// field reads one line and says what is wrong with it.
func (h *head) field(line []byte) (why string) {
	name, value, ok := bytes.Cut(line, []byte(":"))
	switch {
	case !ok:
		return "header line without a colon"
	case len(name) == 0 || bytes.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return "header name with a space or control character"
	case bytes.IndexByte(value, 0) >= 0:
		return "header value with NUL"
	}
	text := strings.TrimSpace(string(value))
	switch strings.ToLower(string(name)) {
	case "content-length":
		return h.contentLength(text)
	case "transfer-encoding":
		if h.chunked || !strings.EqualFold(text, "chunked") {
			return "unknown Transfer-Encoding"
		}
		h.chunked = true
	case "connection":
		h.connect += strings.ToLower(text) + ","
	}
	return ""
}

func (h *head) contentLength(text string) (why string) {
	if h.length >= 0 {
		return "second Content-Length"
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return "invalid Content-Length"
	}
	h.length = int64(n)
	return ""
}

// keeps tells whether the connection can carry another exchange.
func (h *head) keeps() bool {
	switch {
	case !h.chunked && h.length < 0 && !h.bodiless:
		return false
	case strings.Contains(h.connect, "close"):
		return false
	}
	return h.minor >= 1 || strings.Contains(h.connect, "keep-alive")
}

// cleanURI makes a request target that cannot end its line.
func cleanURI(uri string) string {
	if !strings.HasPrefix(uri, "/") {
		uri = "/" + uri
	}
	var b strings.Builder
	for i := 0; i < len(uri); i++ {
		if c := uri[i]; c <= ' ' || c >= 0x7f {
			b.WriteString("%" + strings.ToUpper(strconv.FormatUint(uint64(c)|0x100, 16)[1:]))
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// cleanHost is the Host field: the question's, or the backend's address as nginx's
// $proxy_host gives it.
func cleanHost(host string, t evidence.Target) string {
	host = strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f {
			return -1
		}
		return r
	}, host)
	if host != "" {
		return host
	}
	if t.Network == "unix" {
		return "localhost"
	}
	name, port, err := net.SplitHostPort(t.Address)
	if err == nil && (t.Protocol == "http" && port == "80" || t.Protocol == "https" && port == "443") {
		if strings.Contains(name, ":") {
			name = "[" + name + "]"
		}
		return name
	}
	return t.Address
}

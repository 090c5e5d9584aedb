package nginx

import (
	"bytes"
	"strings"
)

// fields are the names with which a wrapped record goes on in a line of its own.
var fields = []string{"while ", "client: ", "server: ", `request: `, `subrequest: `, `upstream: `, `upstream, `, `host: `, `referrer: `}

// wrappedLen returns how much of a record without a client field is one record that
// was wrapped when it was pasted: a line goes on where it ends or where the next begins so.
func wrappedLen(b []byte) int {
	end := bytes.IndexByte(b, '\n')
	for end >= 0 && end < len(b) {
		next := bytes.TrimLeft(b[end+1:], " \t`")
		if !unfinishedLine(b[:end]) && !beginsField(next) {
			return end
		}
		size := bytes.IndexByte(b[end+1:], '\n')
		if size < 0 {
			return len(b)
		}
		end += 1 + size
	}
	return len(b)
}

// unfinished are the ends of lines at which a record goes on.
var unfinished = []string{",", " while", " connecting to", " connecting", " reading", " sending", " response", " header", " handshaking", " SSL", " from", "connect() to", "connect()", " failed", `: "`, "upstream:", "request:", "host:", "referrer:"}

func unfinishedLine(b []byte) bool {
	b = bytes.TrimRight(b, " \t\r`")
	if len(b) == 0 {
		return false
	}
	for last, i := b[len(b)-1], 0; i < len(unfinished); i++ {
		if open := unfinished[i]; open[len(open)-1] == last && bytes.HasSuffix(b, bytesOf(open)) {
			return true
		}
	}
	return false
}

func beginsField(line []byte) bool {
	for _, name := range fields {
		if bytes.HasPrefix(line, []byte(name)) {
			return true
		}
	}
	return false
}

// oneLine joins the lines of a record by single spaces.
func oneLine(s string) string {
	if !strings.Contains(s, "\n") {
		return s
	}
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.Trim(lines[i], " \t\r`")
	}
	return strings.Join(lines, " ")
}

// unbroken joins the lines of a record that a terminal broke where they were full, amid a
// word or not: all but the last are as long, or shorter by the space at which they ended.
func unbroken(s string) string {
	lines := strings.Split(s, "\n")
	width := len(lines[0])
	for _, line := range lines[:len(lines)-1] {
		width = max(width, len(line))
	}
	if len(lines) < 3 || width < 60 {
		return s
	}
	for i, line := range lines[:len(lines)-1] {
		if len(line) < width-1 {
			return s
		}
		if len(line) < width {
			lines[i] += " "
		}
	}
	return strings.Join(lines, "")
}

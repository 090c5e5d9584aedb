package nginx

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// readContext splits what follows the head of a record into message and context.
// nginx writes the fields in one order (ngx_http_log_error_handler) and copies the
// request line, the upstream's URI, Host and Referer as they came, quotes and all.
// Each field is therefore looked for only behind the true end of the one before.
func readContext(e *evidence.Event, s string) {
	at := contextStart(s)
	if at < 0 {
		readLoose(e, s)
		return
	}
	e.Message, s = strings.TrimRight(s[:at], " "), s[at+len(", client: "):]
	e.Client, s = untilAny(s, ", server: ", ", request: \"", ", upstream: \"")
	if v, ok := strings.CutPrefix(s, ", server: "); ok {
		e.Server, s = untilAny(v, ", request: \"", ", upstream: \"", ", host: \"")
	}
	if v, ok := strings.CutPrefix(s, `, request: "`); ok {
		end := requestEnd(v)
		if end < 0 {
			e.Request = v
			return
		}
		e.Request, s = v[:end], v[end+1:]
	}
	readQuoted(e, s)
}

// readQuoted reads the fields behind the request line.
func readQuoted(e *evidence.Event, s string) {
	var skipped string
	s = quoted(s, "subrequest", &skipped, `", upstream: "`, `", host: "`)
	s = quoted(s, "upstream", &e.Upstream, `", host: "`, `", referrer: "`, `", bytes from/to`)
	quoted(s, "host", &e.Host, `", referrer: "`)
}

// contextStart finds the client field. The message before it may hold text of the
// backend, which ends where nginx says what it was doing.
func contextStart(s string) int {
	const client = ", client: "
	if at := strings.Index(s, "upstream"+client); at >= 0 {
		return at + len("upstream")
	}
	return strings.Index(s, client)
}

// requestEnd finds the quote that closes a request line. " HTTP/1.1" followed by
// a quote cannot stand inside one: nginx answers 400 to it. Without a version (a
// cut record, HTTP/0.9) the quote before the next field, or the last one, closes.
func requestEnd(s string) int {
	const version = " HTTP/"
	for at := 0; ; {
		i := strings.Index(s[at:], version)
		if i < 0 {
			break
		}
		at += i + len(version)
		if v := s[at:]; len(v) > 3 && v[0]-'0' <= 9 && v[1] == '.' && v[2]-'0' <= 9 && v[3] == '"' {
			return at + 3
		}
	}
	for _, next := range []string{`", subrequest: "`, `", upstream: "`, `", host: "`} {
		if i := strings.Index(s, next); i >= 0 {
			return i
		}
	}
	if strings.HasSuffix(s, `"`) {
		return len(s) - 1
	}
	return -1
}

// quoted reads `, name: "value"` at the start of s into value. One of the
// enders, each beginning with the closing quote, ends it, or the last quote.
func quoted(s, name string, value *string, enders ...string) string {
	v, ok := strings.CutPrefix(s, ", "+name+`: "`)
	if !ok {
		return s
	}
	end := len(v)
	for _, e := range enders {
		if i := strings.Index(v, e); i >= 0 && i < end {
			end = i
		}
	}
	if i := strings.Index(v, `", `); end == len(v) && i >= 0 { // a field that follows lost its quote in a paste
		end = i
	}
	if end == len(v) {
		*value = strings.TrimSpace(strings.TrimSuffix(v, `"`))
		return ""
	}
	*value = strings.TrimSpace(v[:end])
	return v[end+1:]
}

func untilAny(s string, ends ...string) (value, rest string) {
	end := len(s)
	for _, e := range ends {
		if i := strings.Index(s, e); i >= 0 && i < end {
			end = i
		}
	}
	return s[:end], s[end:]
}

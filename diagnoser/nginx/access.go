package nginx

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// accessMax bounds what is looked at of one line of an access log.
const accessMax = 16 << 10

// accessNames are the names under which formats log nginx's variables.
var accessNames = map[string]string{}

func init() {
	for variable, names := range map[string]string{
		"addr": "upstream_addr ua up ups uaddr upstream upstream_address us_addr", "status": "upstream_status us ustatus upstatus upstream_code",
		"connect": "upstream_connect_time uct", "header": "upstream_header_time uht", "response": "upstream_response_time urt upstream_time upstream_response_duration",
		"received": "upstream_bytes_received ubr upstream_response_length url_len upstream_length", "sent": "upstream_bytes_sent ubs",
		"cache": "upstream_cache_status ucs cache cache_status",
		"took":  "request_time rt duration request_duration", "conn": "connection conn connection_id", "code": "status code st response_status",
		"request": "request req request_line", "client": "remote_addr client client_ip ip remote_ip", "time": "time_iso8601 time ts timestamp @timestamp time_local msec",
	} {
		for _, n := range strings.Fields(names) {
			accessNames[n] = variable
		}
	}
}

// fields of one line by what they tell.
type accessFields map[string]string

// accessHints are words of which a line has one if it can tell of upstreams.
var accessHints = [][]byte{[]byte("upstream_"), []byte("upstream="), []byte("up="), []byte("us="), []byte("urt="), []byte("uht="), []byte("ua=")}

// ParseAccess reads one line of an access log that tells of its upstreams, whatever carried it: names
// with values, JSON, the form of ingress-nginx, or the combined form with upstream fields behind it. Lists
// of several attempts are taken apart. It answers false for other lines.
func ParseAccess(line []byte) (a evidence.Access, ok bool) {
	if !MayTell(line) && !bytes.Contains(line, []byte(`" "`)) && !bytes.Contains(line, []byte("] [")) {
		return a, false
	}
	text := string(bytes.TrimRight(line[:min(len(line), accessMax)], "\r\n"))
	for _, read := range []func(string) accessFields{accessJSON, accessIngress, accessPairs, accessCombined} {
		f := read(text)
		if f == nil {
			continue
		}
		if a, ok = f.access(); ok {
			a.Text = text
			return a, true
		}
	}
	return a, false
}

// MayTell tells, faster than ParseAccess, whether a line may be one of an access log that tells of its upstreams.
func MayTell(line []byte) bool {
	for _, h := range accessHints {
		if bytes.Contains(line, h) {
			return true
		}
	}
	return false
}

// access makes sense of the fields; false where they do not tell of an upstream.
func (f accessFields) access() (a evidence.Access, ok bool) {
	addr, hasAddr := f["addr"]
	if !hasAddr || !addressList(addr) || (f["status"] == "" && f["response"] == "") {
		return a, false
	}
	a = evidence.Access{Client: f["client"], Request: f["request"], Conn: number(f["conn"]), RequestTime: took(f, "took", 0)}
	a.Status, _ = strconv.Atoi(f["code"])
	a.Time, a.Cache = accessTime(f["time"]), f["cache"]
	items, redirected := splitList(addr)
	for i, one := range items {
		a.Attempts = append(a.Attempts, evidence.Attempt{Address: one, Redirected: redirected[i], Status: int(number(f.item("status", i))),
			Connect: took(f, "connect", i), Header: took(f, "header", i), Response: took(f, "response", i),
			Received: count(f, "received", i), Sent: count(f, "sent", i)})
	}
	return a, true
}

// item is the i-th of a list.
func (f accessFields) item(name string, i int) string {
	items, _ := splitList(f[name])
	if i < len(items) {
		return items[i]
	}
	return ""
}

// splitList takes "a, b : c" apart: a comma stands before a next attempt, a colon before one after an
// internal redirect (ngx_http_upstream_addr_variable).
func splitList(s string) (items []string, redirected []bool) {
	after := false
	for {
		comma, colon := strings.Index(s, ", "), strings.Index(s, " : ")
		switch {
		case comma >= 0 && (colon < 0 || comma < colon):
			items, redirected = append(items, s[:comma]), append(redirected, after)
			s, after = s[comma+2:], false
		case colon >= 0:
			items, redirected = append(items, s[:colon]), append(redirected, after)
			s, after = s[colon+3:], true
		default:
			return append(items, s), append(redirected, after)
		}
	}
}

// addressList tells whether a value can be that of $upstream_addr: "-", nothing, a
// group's name, or a list of addresses. "ua" names the user agent in other formats.
func addressList(s string) bool {
	items, _ := splitList(s)
	for _, one := range items {
		if strings.ContainsAny(one, ` ()"<>;={}`) || len(one) > 256 {
			return false
		}
		if strings.Contains(one, "/") && !strings.HasPrefix(one, "unix:") {
			return false
		}
	}
	return true
}

// took reads the i-th time of a list, in seconds.
func took(f accessFields, name string, i int) time.Duration {
	if _, ok := f[name]; !ok {
		return evidence.NotLogged
	}
	s, err := strconv.ParseFloat(f.item(name, i), 64)
	if err != nil || s < 0 || s > 1e9 {
		return evidence.Never
	}
	return time.Duration(s * float64(time.Second))
}

func count(f accessFields, name string, i int) int64 {
	n, err := strconv.ParseInt(f.item(name, i), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// accessTime reads what formats log of the time.
func accessTime(s string) time.Time {
	for _, layout := range []string{time.RFC3339, "02/Jan/2006:15:04:05 -0700"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	if sec, err := strconv.ParseFloat(s, 64); err == nil && sec > 1e9 && sec < 1e10 {
		return time.UnixMilli(int64(sec * 1000)).UTC()
	}
	return time.Time{}
}

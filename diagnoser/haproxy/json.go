package haproxy

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// jsonNames are the names that log formats in JSON give to HAProxy's variables; the format itself
// (log-format, configuration manual 8.2.4) is the user's.
var jsonNames = map[string][]string{
	"state":    {"termination_state", "term_state", "tsc", "ts", "termination", "haproxy_termination_state"},
	"backend":  {"backend", "backend_name", "be", "bk"},
	"server":   {"server", "server_name", "srv", "backend_server"},
	"frontend": {"frontend", "frontend_name", "fe", "ft"},
	"request":  {"request", "http_request", "req", "hr"},
	"client":   {"client", "client_ip", "src", "ci", "remote_addr"},
	"time":     {"time", "timestamp", "@timestamp", "date", "t"},
}

// ofJSON reads a line that is, or ends with, a JSON object.
func ofJSON(e evidence.Event) (evidence.Event, bool) {
	at := strings.IndexByte(e.Text, '{')
	if at < 0 || !strings.Contains(e.Text[at:], `":`) {
		return e, false
	}
	var object map[string]any
	if json.NewDecoder(strings.NewReader(e.Text[at:])).Decode(&object) != nil {
		return e, false
	}
	get := func(variable string) string {
		for _, name := range jsonNames[variable] {
			if v, ok := object[name]; ok {
				return fmt.Sprint(v)
			}
		}
		return ""
	}
	state := get("state")
	if len(state) != 2 && len(state) != 4 {
		return e, false
	}
	server := get("server")
	if i := strings.IndexByte(server, '/'); i >= 0 {
		server = server[i+1:]
	}
	m := []string{"", get("client"), "", get("frontend"), get("backend"), server}
	e, ok := ofRequest(e, m, nil, state)
	e.Request, e.Message = get("request"), "termination state "+state
	e.Time, _ = time.Parse(time.RFC3339, get("time"))
	return e, ok
}

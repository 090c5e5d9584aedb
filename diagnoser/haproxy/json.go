package haproxy

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// jsonNames are the names that log formats in JSON give to HAProxy's variables; the format itself
// (log-format, configuration manual 8.2.4) is the user's.
var jsonNames = map[string][]string{
	"state":    {"termination_state", "term_state", "tsc", "ts", "termination", "haproxy_termination_state"},
	"backend":  {"backend", "backend_name", "be", "bk"},
	"server":   {"target_server", "backend_server", "server", "server_name", "srv"},
	"frontend": {"frontend", "frontend_name", "fe", "ft"},
	"request":  {"request", "http_request", "req", "hr"},
	"client":   {"client", "client_ip", "src", "ci", "remote_addr"},
	"time":     {"time", "timestamp", "@timestamp", "date", "t"},
}

// stateNames are those of the termination state as they stand in a line. They are looked for first.
var stateNames = func() (all []string) {
	for _, n := range jsonNames["state"] {
		all = append(all, `"`+n+`":`, `"`+n+`" :`)
	}
	return all
}()

// ofJSON reads a line that is, or ends with, a JSON object.
func ofJSON(e evidence.Event) (evidence.Event, bool) {
	f, get, ok := jsonFields(e.Text)
	if !ok {
		return e, false
	}
	e, ok = f.event(e)
	e.Request, e.Message = get("request"), "termination state "+f.state
	e.Time, _ = time.Parse(time.RFC3339, get("time"))
	return e, ok
}

// jsonFields reads such an object, and returns with it what gets a variable's value.
func jsonFields(line string) (f fields, get func(variable string) string, ok bool) {
	at := strings.IndexByte(line, '{')
	if at < 0 || !slices.ContainsFunc(stateNames, func(n string) bool { return strings.Contains(line[at:], n) }) {
		return f, nil, false
	}
	var object map[string]any
	if json.NewDecoder(strings.NewReader(line[at:])).Decode(&object) != nil {
		return f, nil, false
	}
	get = func(variable string) string {
		for _, name := range jsonNames[variable] {
			if v, ok := find(object, name); ok {
				return v
			}
		}
		return ""
	}
	f = fields{client: get("client"), frontend: get("frontend"), backend: get("backend"), server: get("server"), state: get("state")}
	if i := strings.IndexByte(f.server, '/'); i >= 0 {
		f.server = f.server[i+1:]
	}
	return f, get, isState(f.state, 2) || isState(f.state, 4)
}

// find looks a name up in an object, and then in those that are in it. What is itself an object is told by its "name".
func find(object map[string]any, name string) (string, bool) {
	switch v := object[name].(type) {
	case nil:
	case []any:
	case map[string]any:
		if of, ok := v["name"].(string); ok {
			return of, of != ""
		}
	default:
		return fmt.Sprint(v), true
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if inner, ok := object[key].(map[string]any); ok {
			if v, ok := find(inner, name); ok {
				return v, true
			}
		}
	}
	return "", false
}

package nginx

import (
	"fmt"
	"strings"
)

// logField is one variable of the access log and why it is worth logging.
type logField struct {
	name, variable string
	since          string // the first version of nginx that has it, where that matters
	why            string
	bare           bool // a number without quotes
}

// logFields are in the order in which they are logged, behind the time, the client, the request and the status.
var logFields = []logField{
	{"rt", "request_time", "", "how long the client waited; more than urt: a slow client or retries", true},
	{"up", "upstream_addr", "", "which peers were tried; a group's name: none was live; -: no name was resolved", false},
	{"us", "upstream_status", "", "one status for each attempt: \"504, 502\" is not one 502", false},
	{"uct", "upstream_connect_time", "1.9.1", "-: not connected (refused, unreachable, TLS failed)", false},
	{"uht", "upstream_header_time", "1.7.10", "-: nginx made the status; a number: the upstream itself sent it", false},
	{"urt", "upstream_response_time", "", "equal to a timeout: a timer of nginx; 30 or 60 below it: a limit of the backend", false},
	{"ubr", "upstream_bytes_received", "1.11.4", "0: nothing came; the size of proxy_buffer_size: the header is too big", false},
	{"ubs", "upstream_bytes_sent", "1.15.8", "less than the request: it broke while it was sent", false},
	{"cache", "upstream_cache_status", "", "HIT with a 502: the cache keeps an error, and no upstream was asked", false},
	{"conn", "connection", "", "the *N of the error log: joins both logs", true},
	{"cr", "connection_requests", "", "1: a new connection of the client", true},
	{"rid", "request_id", "1.11.0", "the same in the backend's log, where proxy_set_header X-Request-ID $request_id sends it", true},
}

// LogFormat returns a log_format that tells how each attempt ended, as names with values and as JSON, with a line
// for each field that says why. ParseAccess reads both forms. It is text for nginx.conf.
func LogFormat() string {
	var b strings.Builder
	b.WriteString("# Into http {}; then: access_log /var/log/nginx/access.log upstream;\n#\n")
	for _, f := range logFields {
		since := ""
		if f.since != "" {
			since = " (nginx " + f.since + ")"
		}
		fmt.Fprintf(&b, "#   %-5s$%s%s\n#        %s\n", f.name, f.variable, since, f.why)
	}
	b.WriteString("log_format upstream '$time_iso8601 $remote_addr \"$request\" $status $body_bytes_sent'")
	for _, f := range logFields {
		quote := `"`
		if f.bare {
			quote = ""
		}
		fmt.Fprintf(&b, "\n    ' %s=%s$%s%s'", f.name, quote, f.variable, quote)
	}
	b.WriteString(";\n\n# The same as JSON, one object a line (nginx 1.11.8); then: access_log ... upstream_json;\n")
	b.WriteString("log_format upstream_json escape=json\n    '{\"time\":\"$time_iso8601\",\"remote_addr\":\"$remote_addr\",\"request\":\"$request\",\"status\":$status,'\n    '\"body_bytes_sent\":$body_bytes_sent")
	for _, f := range logFields {
		quote := `"`
		if f.bare && f.name != "rid" {
			quote = ""
		}
		fmt.Fprintf(&b, ",'\n    '\"%s\":%s$%s%s", f.variable, quote, f.variable, quote)
	}
	b.WriteString("}';\n")
	return b.String()
}

package faults

import (
	"fmt"
	"strings"
	"time"
)

// Needs is what a proxy must be configured for, and how it must be asked, so that a fault
// shows. All that is zero is the default: one GET, over a connection of its own.
type Needs struct {
	Method string // of the request; GET when empty
	Body   int    // bytes of the request's body

	// KeepAlive asks for connections that the proxy keeps: for nginx keepalive with HTTP/1.1 and an empty
	// Connection header, or fastcgi_keep_conn.
	KeepAlive bool
	Before    int           // GET requests that are answered before the one that counts
	Pause     time.Duration // between those and the one that counts

	Busy int // other GET requests that the upstream has under way when it is asked

	Peers int // servers in the upstream group, all with this fault; 1 when 0

	Verify bool   // proxy_ssl_verify on, with the simulator's authority trusted and app.test as the name
	SNI    string // the name that the proxy sends, by proxy_ssl_server_name; none when empty
}

// String names the needs for people, separated by commas; nothing for the default.
func (n Needs) String() string {
	var list []string
	add := func(needed bool, format string, args ...any) {
		if needed {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	add(n.Body > 0, "%s of %d MiB", n.Method, n.Body>>20)
	add(n.Body == 0 && n.Method != "" && n.Method != "GET", "%s", n.Method)
	add(n.KeepAlive, "kept connections")
	add(n.Before > 0, "%d request before", n.Before)
	add(n.Pause > 0, "%s of idleness", n.Pause)
	add(n.Busy > 0, "%d request under way", n.Busy)
	add(n.Peers > 1, "%d peers", n.Peers)
	add(n.Verify, "`proxy_ssl_verify on`")
	add(n.SNI != "", "`proxy_ssl_server_name on`, `proxy_ssl_name %s`", n.SNI)
	return strings.Join(list, ", ")
}

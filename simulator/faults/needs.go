package faults

import "time"

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

	Peers int // servers in the upstream group, all with this fault; 1 when 0
}

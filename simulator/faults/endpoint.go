package faults

import (
	"io/fs"

	"github.com/badgateway/badgateway/simulator"
)

// Refused is an address at which nothing listens: the kernel answers a SYN with RST,
// and connect(2) to the file of a unix socket with ECONNREFUSED.
//
// nginx: "connect() failed (111: Connection refused) while connecting to upstream".
func Refused() *simulator.Plan {
	return &simulator.Plan{Endpoint: simulator.Endpoint{Refuse: true}}
}

// NoneLive is Refused behind a group of several peers, none of which nginx asks again within fail_timeout.
//
// nginx: "no live upstreams while connecting to upstream".
func NoneLive() *simulator.Plan { return Refused() }

// QueueFull lets an accept queue of n+1 connections be full, proven before anything is asked.
//
// nginx, TCP: "upstream timed out (110: Connection timed out) while connecting to upstream";
// unix: "connect() to unix:… failed (11: Resource temporarily unavailable)".
func QueueFull(n int) *simulator.Plan {
	return &simulator.Plan{Endpoint: simulator.Endpoint{Backlog: &n, FillQueue: true}}
}

// NeverAccepts listens with room in the queue, and never calls accept(2): the kernel completes the handshake.
//
// nginx: "upstream timed out (110: Connection timed out) while reading response header from upstream".
func NeverAccepts() *simulator.Plan {
	return &simulator.Plan{Endpoint: simulator.Endpoint{NoAccept: true}}
}

// SocketMissing has no file at the path of the unix socket.
//
// nginx: "[crit] connect() to unix:… failed (2: No such file or directory) while connecting to upstream".
func SocketMissing() *simulator.Plan {
	return &simulator.Plan{Endpoint: simulator.Endpoint{Missing: true}}
}

// StaleSocket leaves the socket's file behind, and nobody listens on it, as after a crash.
//
// nginx: "connect() to unix:… failed (111: Connection refused) while connecting to upstream".
func StaleSocket() *simulator.Plan {
	return &simulator.Plan{Endpoint: simulator.Endpoint{Stale: true}}
}

// SocketDenied gives the socket a mode that lets its owner alone connect; 0600 is usual.
//
// nginx: "[crit] connect() to unix:… failed (13: Permission denied) while connecting to upstream".
func SocketDenied(mode fs.FileMode) *simulator.Plan {
	return &simulator.Plan{Endpoint: simulator.Endpoint{Mode: &mode}}
}

// DirectoryDenied gives the directory above the socket a mode that lets its owner alone in; 0700 is usual.
//
// nginx: "[crit] connect() to unix:… failed (13: Permission denied) while connecting to upstream".
func DirectoryDenied(mode fs.FileMode) *simulator.Plan {
	return &simulator.Plan{Endpoint: simulator.Endpoint{DirectoryMode: &mode}}
}

// PathIsFile has a regular file at the path of the socket.
//
// nginx: "[crit] connect() to unix:… failed (13: Permission denied)", or (111: Connection refused) where its user may write to the file.
func PathIsFile() *simulator.Plan {
	return &simulator.Plan{Endpoint: simulator.Endpoint{PathIs: "regular"}}
}

// PathIsDatagram has a datagram socket at the path.
//
// nginx: "[crit] connect() to unix:… failed (91: Protocol wrong type for socket) while connecting to upstream".
func PathIsDatagram() *simulator.Plan {
	return &simulator.Plan{Endpoint: simulator.Endpoint{PathIs: "datagram"}}
}

const tested = "ngx_http_upstream_connect and ngx_http_upstream_test_connect (ngx_http_upstream.c)"

var _ = register(Fault{
	Name: "refused", Cause: "backend-down", Places: with(overTCP, secure, grpc), plan: always(Refused()),
	Doc:    "Nothing listens at the address: the kernel answers each SYN with RST.",
	Source: tested, Outcomes: []Outcome{refusal},
})

var _ = register(Fault{
	Name: "none-live", Cause: "no-live-upstreams", Places: overTCP, plan: always(NoneLive()),
	Doc:      "All peers of the group refused a request a moment ago: each counts as failed for fail_timeout.",
	Source:   "ngx_http_upstream_get_round_robin_peer (ngx_http_upstream_round_robin.c): NGX_BUSY once no peer is left",
	Needs:    Needs{Peers: 2, Before: 1},
	Outcomes: []Outcome{{Status: 502, Phase: selecting, Result: noneLive, Log: "no live upstreams while connecting to upstream"}},
})

var _ = register(Fault{
	Name: "queue-full", Cause: "backlog-full", Places: everywhere, plan: always(QueueFull(0)),
	Doc: "The accept queue is full: over TCP the kernel drops each further SYN, on a unix socket connect(2) of a " +
		"non-blocking socket returns EAGAIN at once.",
	Source: "ngx_event_connect_peer (ngx_event_connect.c), unix_stream_connect and tcp_conn_request of Linux",
	Outcomes: []Outcome{
		Outcome{Status: 504, Phase: connecting, Result: timedOut, Errno: etimedout,
			Log: "upstream timed out (110: Connection timed out) while connecting to upstream"}.at(with(overTCP, secure, grpc)...),
		{Status: 502, Phase: connecting, Result: exhausted, Errno: eagain, Log: "failed (11: Resource temporarily unavailable) while connecting to upstream"},
	},
})

var _ = register(Fault{
	Name: "never-accepts", Cause: "app-hang", Places: everywhere, plan: always(NeverAccepts()),
	Doc:      "It listens with room in its queue and never calls accept(2): the kernel completes the handshake and takes the request.",
	Source:   "ngx_http_upstream_process_header (ngx_http_upstream.c): the connection is there, so it is the read timer that ends",
	Outcomes: []Outcome{handshakeTimer.at(secure), headerTimer},
})

var _ = register(Fault{
	Name: "socket-missing", Cause: "socket-missing", Places: overUnix, plan: always(SocketMissing()),
	Doc:    "There is no file at the path of the unix socket.",
	Source: tested, Outcomes: []Outcome{{Status: 502, Phase: connecting, Result: missing, Errno: enoent,
		Log: "failed (2: No such file or directory) while connecting to upstream"}},
})

var _ = register(Fault{
	Name: "stale-socket", Cause: "backend-down", Places: overUnix, plan: always(StaleSocket()),
	Doc:    "The socket's file is there, but nobody listens on it, as after a crash.",
	Source: tested, Outcomes: []Outcome{{Status: 502, Phase: connecting, Result: refused, Errno: econnrefused,
		Log: "failed (111: Connection refused) while connecting to upstream"}},
})

var _ = register(Fault{
	Name: "socket-denied", Cause: "socket-permission", Places: overUnix, plan: always(SocketDenied(0o600)),
	Doc:    "The socket's mode is 0600, and the proxy's worker is another user: connect(2) needs the right to write (unix(7)).",
	Source: tested, Outcomes: []Outcome{{Status: 502, Phase: connecting, Result: denied, Errno: eacces,
		Log: "failed (13: Permission denied) while connecting to upstream"}},
})

var _ = register(Fault{
	Name: "directory-denied", Cause: "parent-dir-permission", Places: overUnix, plan: always(DirectoryDenied(0o700)),
	Doc:    "The directory above the socket has mode 0700: connect(2) needs the right to search it (path_resolution(7)).",
	Source: tested, Outcomes: []Outcome{{Status: 502, Phase: connecting, Result: denied, Errno: eacces,
		Log: "failed (13: Permission denied) while connecting to upstream"}},
})

var _ = register(Fault{
	Name: "path-is-file", Cause: "backend-down", Places: overUnix, plan: always(PathIsFile()),
	Doc:    "A regular file stands at the socket's path.",
	Source: tested, Outcomes: []Outcome{{Status: 502, Phase: connecting, Result: refused, Errno: econnrefused,
		Log: "failed (111: Connection refused) while connecting to upstream"}},
})

var _ = register(Fault{
	Name: "path-is-datagram", Cause: "protocol-mismatch", Places: overUnix, plan: always(PathIsDatagram()),
	Doc:    "A datagram socket stands at the path, such as that of a syslog daemon: connect(2) of a stream socket fails with EPROTOTYPE.",
	Source: tested, Outcomes: []Outcome{{Status: 502, Phase: connecting, Result: invalid, Errno: eprototype,
		Log: "failed (91: Protocol wrong type for socket) while connecting to upstream"}},
})

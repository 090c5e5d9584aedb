package evidence

import (
	"io/fs"
	"time"
)

// Host holds facts of the machine, container or pod on which the proxy runs.
type Host struct {
	Listeners []Listener `json:"listeners,omitempty"`
	Processes []Process  `json:"processes,omitempty"`
	Paths     []Path     `json:"paths,omitempty"`
	Routes    []Route    `json:"routes,omitempty"`
	Filters   []Filter   `json:"filters,omitempty"`
	Busy      []Busy     `json:"busy,omitempty"`
	// Unread lists what could not be read, so that an absence is never mistaken for a fact.
	Unread []Unread `json:"unread,omitempty"`
	// Pasted is true where commands printed these facts, in a shell that may stand in another
	// namespace than the proxy: what they lack may be there all the same.
	Pasted bool `json:"pasted,omitempty"`
	Told
}

// Listener is a listening socket as SOCK_DIAG shows it.
type Listener struct {
	Network string `json:"network"`           // "tcp", "unix", or "udp" for a socket that receives from anybody
	Address string `json:"address"`           // "127.0.0.1:9000", "[::]:80" or a path as it was bound
	Queue   uint32 `json:"queue"`             // connections waiting for accept
	Backlog uint32 `json:"backlog"`           // the queue's limit
	V6Only  bool   `json:"v6_only,omitempty"` // a socket on [::] that takes no IPv4 (IPV6_V6ONLY)
	PID     int    `json:"pid,omitempty"`
	Process string `json:"process,omitempty"` // the process's comm
	Inode   uint64 `json:"inode,omitempty"`   // of the socket (sockfs)
	// FileInode and FileDevice identify the file that a unix listener was bound
	// to; a path can show another name in another mount namespace.
	FileInode  uint64 `json:"file_inode,omitempty"`
	FileDevice uint64 `json:"file_device,omitempty"`
}

// Busy counts the connections of this machine to one address, each of which takes a local port.
type Busy struct {
	Address  string `json:"address"`             // the destination
	Open     int    `json:"open"`                // in any state but those of a connection that has ended
	TimeWait int    `json:"time_wait,omitempty"` // ended from here: the port stays taken for a minute (TCP_TIMEWAIT_LEN)
}

// Process is one process of the PID namespace.
type Process struct {
	PID     int      `json:"pid"`
	PPID    int      `json:"ppid"`
	Name    string   `json:"name"`
	Command string   `json:"command,omitempty"`
	State   string   `json:"state,omitempty"` // one letter of /proc/PID/stat
	UID     uint32   `json:"uid"`             // effective
	GID     uint32   `json:"gid"`             // effective
	Groups  []uint32 `json:"groups,omitempty"`
	User    string   `json:"user,omitempty"`
	Group   string   `json:"group,omitempty"`
	// Started is when it began, to 10 ms, in the zone of the machine's clock; zero when that is not known.
	Started time.Time `json:"started,omitzero"`
	// Groupless is true where its groups are not known: GID and Groups say nothing.
	Groupless bool `json:"groupless,omitempty"`
}

// Path is a file system path, each component looked at in turn as `namei -l` does.
type Path struct {
	Path  string     `json:"path"`
	Nodes []PathNode `json:"nodes"`
}

// PathNode is one component of a path. Kind is "directory", "socket", "file",
// "symlink", "other" or "missing"; nothing follows a missing one.
type PathNode struct {
	Path   string      `json:"path"`
	Kind   string      `json:"kind"`
	Mode   fs.FileMode `json:"mode"` // permission bits
	UID    uint32      `json:"uid"`
	GID    uint32      `json:"gid"`
	User   string      `json:"user,omitempty"`
	Group  string      `json:"group,omitempty"`
	Inode  uint64      `json:"inode,omitempty"`
	Device uint64      `json:"device,omitempty"`
	ACL    []ACLEntry  `json:"acl,omitempty"`
}

// Route is the kernel's answer for one destination.
type Route struct {
	Destination string `json:"destination"` // the address asked for
	Kind        string `json:"kind"`        // "local", "unicast", "prohibit", "unreachable", "blackhole", "none"
	Errno       int    `json:"errno,omitempty"`
	Rule        string `json:"rule,omitempty"` // the matching route as `ip route` prints it
}

// Filter is a packet-filter rule that drops or rejects.
type Filter struct {
	Family  string `json:"family"` // "inet", "ip", "ip6"
	Table   string `json:"table"`
	Chain   string `json:"chain"`
	Handle  uint64 `json:"handle"`
	Hook    string `json:"hook,omitempty"` // "input", "output", "forward"
	Verdict string `json:"verdict"`        // "drop" or "reject"
	// Protocol and Port are the match on the destination; empty and 0 when the rule has none.
	Protocol string `json:"protocol,omitempty"`
	Port     uint16 `json:"port,omitempty"`
	// Narrow is true where the rule also tests what a connection to the addresses in question
	// may not fit: a source, an interface, another destination, a rate.
	Narrow  bool   `json:"narrow,omitempty"`
	Packets uint64 `json:"packets,omitempty"` // the rule's counter, if it has one
	Text    string `json:"text"`              // as `nft list ruleset` would print it
}

// Unread is a source that could not be read, and the right with which it could.
type Unread struct {
	Source string `json:"source"`
	Why    string `json:"why"`
	Needs  string `json:"needs,omitempty"`
}

// Probe is one direct request to a backend, past the proxy.
type Probe struct {
	Target Target `json:"target"`
	// Candidate is true where no configuration names this target: it was asked to find out what it is.
	Candidate bool   `json:"candidate,omitempty"`
	Exact     bool   `json:"exact,omitempty"`   // asked with the parameters that the location sends, and no others
	Upgrade   bool   `json:"upgrade,omitempty"` // asked to become a websocket
	Request   string `json:"request,omitempty"` // "GET /path"
	// Phase and Outcome say where and how it failed, in the words of Event; Outcome is "ok" when a response came.
	Phase   string `json:"phase"`
	Outcome string `json:"outcome"`
	Errno   int    `json:"errno,omitempty"`
	Status  int    `json:"status,omitempty"`
	// HeaderBytes is the size of the whole response header block as the proxy must buffer it:
	// status line, all fields and the empty line; for FastCGI the record headers and stderr before it too. Of a header
	// whose end did not come it is what there was.
	HeaderBytes int           `json:"header_bytes,omitempty"`
	HeaderAfter time.Duration `json:"header_after,omitempty"` // nanoseconds from connect to the complete header
	BodyBytes   int64         `json:"body_bytes,omitempty"`
	Took        time.Duration `json:"took"` // nanoseconds in all
	Stderr      string        `json:"stderr,omitempty"`
	Note        string        `json:"note,omitempty"` // "first bytes: \"SSH-2.0\""
	Idle        *Idle         `json:"idle,omitempty"`
	TLS         *TLS          `json:"tls,omitempty"` // of a handshake that was completed
}

// TLS is what a completed handshake showed. Nothing of it was verified.
type TLS struct {
	ServerName string    `json:"server_name,omitempty"` // that was sent
	Version    string    `json:"version"`               // "TLSv1.3", as proxy_ssl_protocols spells it
	Subject    string    `json:"subject"`               // of the backend's certificate
	Issuer     string    `json:"issuer"`
	Names      []string  `json:"names,omitempty"` // its DNS names and addresses
	NotBefore  time.Time `json:"not_before"`
	NotAfter   time.Time `json:"not_after"`
	Chain      int       `json:"chain"` // how many certificates were sent
}

// Idle says what the backend did with a kept-alive connection that lay idle after a good first response.
type Idle struct {
	Kept   time.Duration `json:"kept"`             // longest idle time after which a second request was answered
	Failed time.Duration `json:"failed,omitempty"` // shortest idle time after which it was not; 0 when none failed
	// Outcome and Errno tell how the second request failed: "closed early" or "reset".
	Outcome string `json:"outcome,omitempty"`
	Errno   int    `json:"errno,omitempty"`
}

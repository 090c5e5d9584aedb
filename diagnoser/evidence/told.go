package evidence

import (
	"io/fs"
	"time"
)

// Told holds facts that commands print; few of them are read on the host itself.
type Told struct {
	Denials []Denial `json:"denials,omitempty"`
	Pools   []Pool   `json:"pools,omitempty"`
	Binds   []Bind   `json:"binds,omitempty"`
	Names   []Name   `json:"names,omitempty"`
	// BodyLimits are those of whole servers; a pool's own is its PostMax.
	BodyLimits []BodyLimit `json:"body_limits,omitempty"`
	// Nameservers and Search are those of resolv.conf(5), in its order.
	Nameservers []string          `json:"nameservers,omitempty"`
	Search      []string          `json:"search,omitempty"`
	Units       []Unit            `json:"units,omitempty"`
	Containers  []Container       `json:"containers,omitempty"`
	Disks       []Disk            `json:"disks,omitempty"`
	Memory      *Memory           `json:"memory,omitempty"`
	Settings    map[string]string `json:"settings,omitempty"` // by sysctl's name, SELinux's boolean, "getenforce", "open files"
}

// Denial is one refusal of a security module, from the audit log or the kernel's.
type Denial struct {
	Module      string `json:"module"`  // "selinux" or "apparmor"
	Process     string `json:"process"` // comm
	Permission  string `json:"permission"`
	Class       string `json:"class,omitempty"` // "tcp_socket", "sock_file", "unix_stream_socket"
	Path        string `json:"path,omitempty"`  // of a socket; a name without its directory where the record has no more
	Port        int    `json:"port,omitempty"`  // of the destination
	Source      string `json:"source,omitempty"`
	Target      string `json:"target,omitempty"` // the security context of what was refused
	OnlyLogged  bool   `json:"only_logged,omitempty"`
	Description string `json:"description"` // as it stands
}

// ACLEntry is one entry of a file's access control list beyond its mode.
type ACLEntry struct {
	Kind string      `json:"kind"` // "user", "group" or "mask"
	Name string      `json:"name,omitempty"`
	Mode fs.FileMode `json:"mode"` // three bits
}

// Pool is a php-fpm pool, from its file or its status page.
type Pool struct {
	Name        string        `json:"name"`
	Listen      string        `json:"listen,omitempty"`
	User        string        `json:"user,omitempty"`
	Group       string        `json:"group,omitempty"`
	Owner       string        `json:"owner,omitempty"`        // listen.owner
	ListenGroup string        `json:"listen_group,omitempty"` // listen.group
	Mode        string        `json:"mode,omitempty"`         // listen.mode
	Allowed     string        `json:"allowed,omitempty"`      // listen.allowed_clients
	MaxChildren int           `json:"max_children,omitempty"`
	MaxRequests int           `json:"max_requests,omitempty"`
	Terminate   time.Duration `json:"terminate,omitempty"` // request_terminate_timeout, in nanoseconds
	PostMax     string        `json:"post_max,omitempty"`  // post_max_size, as it stands
	Active      int           `json:"active,omitempty"`
	Idle        int           `json:"idle,omitempty"`
	Queue       int           `json:"queue,omitempty"`       // connections that wait for a worker
	MaxReached  int           `json:"max_reached,omitempty"` // how often max_children was reached
	// At tells where each directive stands, by its name: "www.conf:12".
	At map[string]string `json:"at,omitempty"`
}

// BodyLimit is the largest body of a request that a server takes, from its settings.
type BodyLimit struct {
	Server  string `json:"server"`  // "php", "apache" or "uwsgi"
	Setting string `json:"setting"` // "post_max_size"
	Value   string `json:"value"`   // "8M"
	Text    string `json:"text"`    // as it stands
	Ref     string `json:"ref,omitempty"`
}

// Bind is where a server was told, or says, to listen: its command line, its settings, its first lines of log.
type Bind struct {
	Address string        `json:"address"` // "127.0.0.1:8000", "0.0.0.0:3000", a path
	Server  string        `json:"server,omitempty"`
	TLS     bool          `json:"tls,omitempty"`
	Timeout time.Duration `json:"timeout,omitempty"` // after which it ends its own worker, in nanoseconds
	Text    string        `json:"text"`
}

// Name is the answer of a resolver, or of a list of containers.
type Name struct {
	Name      string   `json:"name"`
	Addresses []string `json:"addresses,omitempty"`
	Type      string   `json:"type,omitempty"`   // of the record that was asked for, "A" or "AAAA"; empty where that is not known
	Status    string   `json:"status,omitempty"` // "NXDOMAIN", "SERVFAIL", "timeout"; empty for an answer
	Server    string   `json:"server,omitempty"` // the resolver that was asked
}

// Unit is a service of systemd.
type Unit struct {
	Name       string            `json:"name"`
	Active     string            `json:"active,omitempty"` // "active (running)", "failed", "inactive (dead)", "not found"
	Result     string            `json:"result,omitempty"` // "oom-kill", "exit-code", "signal"
	Properties map[string]string `json:"properties,omitempty"`
}

// Container is a container or a pod's containers.
type Container struct {
	Name      string   `json:"name"`
	Image     string   `json:"image,omitempty"`
	State     string   `json:"state,omitempty"` // as printed: "Up 2 hours", "Exited (137)", "CrashLoopBackOff"
	Ports     string   `json:"ports,omitempty"`
	Addresses []string `json:"addresses,omitempty"`
	Networks  []string `json:"networks,omitempty"`
	OOMKilled bool     `json:"oom_killed,omitempty"`
	// Endpoints are the ready addresses of a Kubernetes service, "<none>" without one.
	Endpoints string `json:"endpoints,omitempty"`
}

// Disk is a file system and how full it is.
type Disk struct {
	Mount string `json:"mount"`
	Used  int    `json:"used"` // percent of blocks, or of inodes
	Inode bool   `json:"inode,omitempty"`
}

// Memory is the host's, in MiB.
type Memory struct {
	Total     int `json:"total"`
	Available int `json:"available"`
	Swap      int `json:"swap,omitempty"` // free
}

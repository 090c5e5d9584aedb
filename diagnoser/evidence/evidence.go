// Package evidence holds all that a diagnosis may look at: the proxy's log, its
// configuration, facts of the host and direct probes of the backend. It is data
// only; evidence collected on one machine can be diagnosed on another, and a
// recorded drill is one JSON file of it.
package evidence

import "io"

// Evidence is everything known about one proxy at one moment. Each part is
// optional: a diagnosis says which missing part would decide.
type Evidence struct {
	Proxy  Proxy   `json:"proxy"`
	Logs   []Log   `json:"logs,omitempty"`
	Config []File  `json:"config,omitempty"`
	Host   *Host   `json:"host,omitempty"`
	Probes []Probe `json:"probes,omitempty"`
	// Texts are logs of backends and of the kernel, or what commands printed: known lines
	// are looked for in them, nothing else is taken from them.
	Texts []Log `json:"texts,omitempty"`
}

// Proxy names the software that answered the 502 or 504.
type Proxy struct {
	Kind    string `json:"kind"`              // "nginx", "apache", "haproxy"; empty means nginx
	Version string `json:"version,omitempty"` // "1.30.6"; empty when unknown
}

// Log is one error log. Text holds a short one; Reader, when set, is read
// instead, as a stream of any size, once.
type Log struct {
	Name   string    `json:"name"`
	Text   string    `json:"text,omitempty"`
	Reader io.Reader `json:"-"`
}

// File is one configuration file, byte for byte.
type File struct {
	Path string `json:"path"`
	Text string `json:"text"`
}

// Target is a backend as the proxy would reach it.
type Target struct {
	Protocol string `json:"protocol"` // "http", "https", "fastcgi", "uwsgi", "scgi", "grpc"; empty where the log does not say
	Network  string `json:"network"`  // "tcp" or "unix"
	Address  string `json:"address"`  // "127.0.0.1:9000", "[::1]:9000" or "/run/app.sock"
}

// String returns the address as nginx's error log prints it, without a URI:
// "http://127.0.0.1:9000" or "fastcgi://unix:/run/app.sock".
func (t Target) String() string {
	if t.Protocol == "" {
		return t.Address
	}
	if t.Network == "unix" {
		return t.Protocol + "://unix:" + t.Address
	}
	return t.Protocol + "://" + t.Address
}

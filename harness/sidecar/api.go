// Package sidecar is our process in the pod: it runs the fake upstreams, makes
// kernel faults, writes the proxy's configuration, probes, collects evidence and
// applies remedies. Client is its other end.
//
// The control API is HTTP and JSON under /v1/ with a bearer token. Errors are
// {"error": "one line"} with a status of 4xx (the request is wrong, or the proxy
// refused a configuration) or 500.
package sidecar

import (
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/harness/kernel"
	"github.com/badgateway/badgateway/harness/scenario"
)

// Places in the proxy's file system, as every nginx image has them.
const (
	ConfigPath = "/etc/nginx/nginx.conf"
	LogPath    = "/var/log/nginx/error.log"
	// ProxyPort is the port on which the configurations of scenarios listen.
	ProxyPort = 8080
)

// Upstream is the body of PUT /v1/upstreams/NAME: a fake backend to start.
type Upstream struct {
	Listen   string `json:"listen"`   // "tcp:127.0.0.1:9000" or "unix:/run/app/app.sock"
	Protocol string `json:"protocol"` // one of simulator.Protocols
	Plan     string `json:"plan"`     // YAML; empty serves well
	// Fault is the name of a fault, in place of a plan, and Transport where it is made: tcp, unix or tls.
	Fault     string `json:"fault,omitempty"`
	Transport string `json:"transport,omitempty"`
	// Resolver is the loopback address of the DNS server that the fault may bring with it.
	Resolver string `json:"resolver,omitempty"`
}

// Proxy is the answer of GET /v1/proxy, which waits for it: where the proxy is in the sidecar's view.
type Proxy struct {
	PID  int    `json:"pid"`  // of nginx's master
	Root string `json:"root"` // its file system
}

// Config is the body of PUT /v1/proxy/config: the files to write, by their path in the proxy's file system.
type Config struct {
	Files map[string]string `json:"files"`
}

// Look is the body of POST /v1/probe: what to do and then what to ask.
type Look struct {
	Before  []scenario.Act   `json:"before,omitempty"`
	Request scenario.Request `json:"request"`
	During  []scenario.Act   `json:"during,omitempty"` // when the answer's header is there; gates alone
	Tag     string           `json:"tag"`              // sent as the User-Agent, so that the access log shows whose it is
}

// Seen is what was observed of one answer.
type Seen struct {
	Status int           `json:"status"` // 0 when no answer came
	Began  time.Time     `json:"began,omitzero"`
	Header time.Duration `json:"header,omitempty"` // nanoseconds until the answer's header; 0 when none came
	Took   time.Duration `json:"took"`             // nanoseconds, from the request to the end of the body
	Body   string        `json:"body,omitempty"`
	// Cut is true when the body ended before its announced length or last chunk.
	Cut   bool   `json:"cut,omitempty"`
	Error string `json:"error,omitempty"`
}

// Events is the answer of GET /v1/log: what the proxy logged since an offset.
type Events struct {
	Offset int64            `json:"offset"` // where the log ends now, in bytes
	Text   string           `json:"text,omitempty"`
	Events []evidence.Event `json:"events,omitempty"`
	Alarms []string         `json:"alarms,omitempty"` // records at [alert] or [emerg]
}

// Collect is the body of POST /v1/evidence.
type Collect struct {
	Since int64 `json:"since"` // offset into the log
	Probe bool  `json:"probe"` // ask the backends directly
}

// Names is the body of PUT /v1/names: a DNS server in the pod, or another plan for the one that runs there.
type Names struct {
	Listen string `json:"listen"`
	Plan   string `json:"plan"` // YAML
}

// Await is the body of POST /v1/await, which answers when all that it names is so.
type Await struct {
	Listener string `json:"listener"` // something listens there: "tcp:ADDRESS" or "unix:PATH"
	// Rest is asked for when the backends are to be done with their start: no process beside the proxy's and the
	// sidecar's runs, or would run if it had a processor.
	Rest bool `json:"rest,omitempty"`
}

// Run is the body of PUT /v1/backends/NAME: what is to run in the container of that backend, in place of what runs there.
type Run struct {
	Command []string          `json:"command"`
	Env     map[string]string `json:"env,omitempty"`   // beside the image's
	Files   map[string][]byte `json:"files,omitempty"` // by their path in the container
}

// Running is its answer.
type Running struct {
	Run int `json:"run"` // how many there have been in the container, with this one
}

// Files is the body of PUT /v1/proxy/files: what else there is in the proxy's file system.
type Files struct {
	Files []scenario.File `json:"files"`
}

// Kernel is the body of PUT /v1/kernel, the faults and further addresses that there are to be.
type Kernel struct {
	Faults    []kernel.Fault `json:"faults"`
	Addresses []string       `json:"addresses,omitempty"`
}

// Package scenario reads the declarations under scenarios/. A scenario says what
// is broken, what must be seen, what must be concluded and what mends it; all of
// it is data, checked strictly when it is read.
package scenario

import (
	"io/fs"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/badgateway/badgateway/harness/kernel"
	"github.com/badgateway/badgateway/simulator/strictyaml"
)

// Scenario is one scenario.yaml.
type Scenario struct {
	Name  string `yaml:"-"` // of its folder
	Title string `yaml:"title" strict:"required"`
	Level string `yaml:"level" strict:"required"` // easy, medium, hard
	Story string `yaml:"story" strict:"required"` // what a person on call is told

	Variants  map[string]Variant  `yaml:"variants" strict:"required"` // by PROTOCOL-TRANSPORT
	Versions  []string            `yaml:"versions"`                   // of nginx in which there is the cause; all when empty
	Upstreams map[string]Upstream `yaml:"upstreams" strict:"required"`
	Host      Host                `yaml:"host"`
	Names     *Names              `yaml:"names"`
	// Timeline is what happens before each look at the proxy: before the symptom, after each trap and after the remedy.
	Timeline []Act   `yaml:"timeline"`
	Probe    Probe   `yaml:"probe" strict:"required"`
	Symptom  Symptom `yaml:"symptom" strict:"required"`

	Cause  string   `yaml:"cause" strict:"required"`  // what the diagnoser must name first
	Remedy string   `yaml:"remedy" strict:"required"` // the action that it must propose
	Traps  []Trap   `yaml:"traps" strict:"required"`
	Also   []Change `yaml:"also"` // other remedies that mend it as well; each is tried
	Hints  []string `yaml:"hints" strict:"required"`
}

// Variant is one protocol over one transport; what it declares replaces what the scenario declares.
type Variant struct {
	Symptom  *Symptom `yaml:"symptom"`
	Remedy   string   `yaml:"remedy"`
	Versions []string `yaml:"versions"`
}

// Upstream is one backend: a fake one by its plan, or a real one.
type Upstream struct {
	// Listen is the address for each transport: "127.0.0.1:9000" for tcp, a path for unix.
	Listen map[string]string `yaml:"listen" strict:"required"`
	Plan   *yaml.Node        `yaml:"plan"`
	// Speaks is the protocol of the fake one where it is not what the proxy speaks: http, http2, fastcgi, uwsgi or raw.
	Speaks string `yaml:"speaks"`
	// Backend is the application server that is run; without one the simulator serves.
	Backend *Backend `yaml:"backend"`
	// After gives the plan, or the real backend's command, that follows an action on it, by the action's name.
	// A restart that is not listed brings the same backend up again, a start comes to nothing. What
	// change-backend comes to must be listed.
	After map[string]*yaml.Node `yaml:"after"`
}

// Names is a DNS server in the pod, for what the proxy resolves.
type Names struct {
	Listen string     `yaml:"listen" strict:"required"` // on UDP and TCP, "127.0.0.1:53"
	Plan   *yaml.Node `yaml:"plan" strict:"required"`
	Others []Names    `yaml:"others"` // further servers, at addresses of their own
}

// All are the servers in the order in which they are declared; none of nil.
func (n *Names) All() []Names {
	if n == nil {
		return nil
	}
	return append([]Names{*n}, n.Others...)
}

// Host is what is wrong with the machine rather than with a backend.
type Host struct {
	Kernel []kernel.Fault `yaml:"kernel"`
	// Addresses are of the machine besides 127.0.0.1, on its loopback interface: "192.0.2.10" (RFC 5737).
	Addresses []string          `yaml:"addresses"`
	Sysctls   map[string]string `yaml:"sysctls"` // of the pod's network namespace: net.ipv4.ip_local_port_range
	Files     []File            `yaml:"files"`
	// Deny names what the policy lacks for the proxy to connect: a boolean that is off, or the rule that there is not,
	// "allow httpd_t unconfined_service_t:unix_stream_socket connectto".
	Deny string `yaml:"deny"`
}

// File is one file or directory of the proxy's file system, made as it is declared.
type File struct {
	Path string       `yaml:"path" json:"path" strict:"required"`
	Mode *fs.FileMode `yaml:"mode" json:"mode,omitempty"` // 0644, of a directory 0755, when not given
	Text string       `yaml:"text" json:"text,omitempty"`
	Dir  bool         `yaml:"dir" json:"dir,omitempty"`
}

// Act is one step of a timeline, or of what precedes a probe; exactly one field is set.
type Act struct {
	Request *Request      `yaml:"request"`
	Load    *Load         `yaml:"load"`   // clients that are not waited for
	Refuse  string        `yaml:"refuse"` // the upstream's name: stop listening
	Resume  string        `yaml:"resume"` // listen again
	Idle    time.Duration `yaml:"idle"`   // nothing happens for so long
	File    *File         `yaml:"file"`   // a file of the proxy's file system changes
	Boot    string        `yaml:"boot"`   // the machine starts: this upstream's real backend is started anew, and waited for only where a remedy has put the starts in order
	Await   string        `yaml:"await"`  // until this upstream listens where the proxy looks for it
	Open    string        `yaml:"open"`   // a gate of the plan of an upstream, or of "names": UPSTREAM/GATE
	Shut    string        `yaml:"shut"`   // the same gate is shut again
}

// Load is a number of clients that ask at the same time, while the timeline goes on. The step is done when
// each has sent its request; their answers are not looked at.
type Load struct {
	Request `yaml:",inline"`
	Clients int `yaml:"clients" json:"clients" strict:"required"` // at most 1000
}

// Request is one request of a client to the proxy.
type Request struct {
	Method string            `yaml:"method" json:"method,omitempty"` // GET
	Path   string            `yaml:"path" json:"path,omitempty"`     // "/"
	Body   string            `yaml:"body" json:"body,omitempty"`
	Fill   strictyaml.Size   `yaml:"fill" json:"fill,omitempty"` // bytes of a body that nobody reads, behind Body
	Header map[string]string `yaml:"header" json:"header,omitempty"`
}

// Probe is the request whose answer is looked at, and what a healthy proxy answers.
type Probe struct {
	Request `yaml:",inline"`
	Before  []Act  `yaml:"before"` // on the way to each probe
	During  []Act  `yaml:"during"` // when the client has the answer's header, before it reads the body; gates alone
	After   []Act  `yaml:"after"`  // behind each probe
	Expect  Expect `yaml:"expect" strict:"required"`
}

// Expect is what holds in the steady state.
type Expect struct {
	Status int    `yaml:"status" strict:"required"`
	Body   string `yaml:"body"` // contained in the body
	// Events may be logged all the same: where the scenario is of how a failure is shown, and not of the failure.
	Events []Event `yaml:"events"`
}

// Symptom is what an operator sees.
type Symptom struct {
	Status int `yaml:"status" strict:"required"` // 0 when nothing answers
	// Refused is what the proxy's own test of the configuration says: it does not start with it, nor reload.
	Refused string        `yaml:"refused"`
	After   time.Duration `yaml:"after"` // not sooner than this; the proxy's own timeout
	Cut     bool          `yaml:"cut"`   // the body ends before its announced length
	Blank   bool          `yaml:"blank"` // the page is empty, whatever its status says
	Events  []Event       `yaml:"events" strict:"required"`
	// Alarms are pieces of [alert] records that belong to the fault: nginx raises one where it runs out of
	// descriptors or connections. Each must be seen; any other alarm fails the drill.
	Alarms []string `yaml:"alarms"`
}

// Event is an upstream error that the proxy must have logged.
type Event struct {
	Phase   string `yaml:"phase" strict:"required"`
	Outcome string `yaml:"outcome" strict:"required"`
	Errno   int    `yaml:"errno"`
	// Or are what else the same fault shows where two ends race: whether a close meets unread data is by chance.
	Or []Event `yaml:"or"`
}

// Trap is a tempting wrong fix; Why says what it misses.
type Trap struct {
	Why    string `yaml:"why" strict:"required"`
	Change `yaml:",inline"`
}

// Change is something that a person could do; exactly one of Edit, Edits, File and Action is set.
type Change struct {
	Edit     *Edit  `yaml:"edit"`
	Edits    []Edit `yaml:"edits"`    // several at once, one after the other
	File     *File  `yaml:"file"`     // of the proxy's file system; the proxy reads its configuration anew
	Action   string `yaml:"action"`   // change-backend, restart-backend, start-backend, set-permission, reload-proxy
	Upstream string `yaml:"upstream"` // the upstream of the first three
	Path     string `yaml:"path"`     // the file of set-permission
	Mode     string `yaml:"mode"`     // octal
	// To is the plan, or the real backend's command, that follows the action, where it is not what the upstream says.
	To   *yaml.Node `yaml:"to"`
	Only string     `yaml:"only"` // the one protocol, transport or variant in which it can be done
}

// Edit sets a directive where the proxy passes the request on, or in the enclosing block that
// In names: location, server, upstream, http or main; or in events. Of what may stand there many
// times, such as proxy_set_header, it is the one with the same first argument that is set.
type Edit struct {
	Directive string `yaml:"directive" strict:"required"`
	Value     string `yaml:"value"` // all its arguments, and its block where it has one
	In        string `yaml:"in"`
	// At is the first argument that it has now, where several of the name stand in the block:
	// {directive: server, at: "127.0.0.1:9001", value: "127.0.0.1:9001 down", in: upstream}.
	At     string `yaml:"at"`
	Remove bool   `yaml:"remove"` // instead of a value: it is taken out
	Add    bool   `yaml:"add"`    // it stands beside those of its name
}

package diagnoser

import (
	"time"
)

// ReportVersion is the version of the JSON form of a Report.
const ReportVersion = 1

// Report is what a diagnosis concludes.
type Report struct {
	Version  int       `json:"version"`
	Summary  Summary   `json:"summary"`
	Findings []Finding `json:"findings"`
}

// Summary counts what was read.
type Summary struct {
	Bytes          int64 `json:"bytes"`
	Lines          int64 `json:"lines"`
	UpstreamErrors int64 `json:"upstream_errors"`
	Unrecognized   int64 `json:"unrecognized"` // upstream records that no signature knows
	// Together counts the upstream errors of further upstreams and messages than are told
	// apart: they are counted by message alone.
	Together int64     `json:"together,omitempty"`
	From     time.Time `json:"from,omitzero"`
	To       time.Time `json:"to,omitzero"`
}

// Certainties, from strong to weak. Proved needs deciding evidence.
const (
	Proved   = "proved"
	Likely   = "likely"
	Possible = "possible"
)

// Finding is one cause with all that speaks for and against it.
type Finding struct {
	Cause        string        `json:"cause"` // a name of causes.json
	Kind         string        `json:"kind"`  // "upstream-failure" or "other"
	Certainty    string        `json:"certainty"`
	Check        string        `json:"check,omitempty"`    // the check that found it in the configuration alone
	Severity     string        `json:"severity,omitempty"` // of such a finding: error, warning or note
	Status       int           `json:"status,omitempty"`   // what the client got: 502, 504, 200 (truncated)
	Count        int64         `json:"count"`
	Proxy        string        `json:"proxy,omitempty"`    // whose log tells of it: "nginx", "apache", "haproxy"; empty of a check
	Upstream     string        `json:"upstream,omitempty"` // "http://127.0.0.1:8000"
	Server       string        `json:"server,omitempty"`
	Where        *Where        `json:"where,omitempty"`
	Evidence     []Fact        `json:"evidence"`
	Against      []Fact        `json:"against,omitempty"`
	Alternatives []Alternative `json:"alternatives,omitempty"`
	Remedies     []Remedy      `json:"remedies,omitempty"`
	Confirm      string        `json:"confirm,omitempty"` // what would decide a finding of a check
}

// Where is a place in the configuration; line and column count from 1.
type Where struct {
	File      string `json:"file"`
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	Directive string `json:"directive"`
}

// Fact is one piece of evidence in words, with where it was read.
type Fact struct {
	Source string `json:"source"` // log, config, socket, file, process, kernel, probe, backend-log
	Text   string `json:"text"`
	Ref    string `json:"ref,omitempty"` // "error.log:8841"
}

// Alternative is another cause that the evidence leaves open, and the check that would decide.
type Alternative struct {
	Cause string `json:"cause"`
	Why   string `json:"why"`
	Check string `json:"check"`
}

// Actions of a Remedy. An executor that does not know an action reports it; it never guesses.
const (
	EditConfig     = "edit-config"     // Edits; then test and reload the proxy
	ReloadProxy    = "reload-proxy"    // nothing but a reload
	StartBackend   = "start-backend"   // Params.Upstream
	RestartBackend = "restart-backend" // Params.Upstream
	ChangeBackend  = "change-backend"  // Params.Upstream, and Setting and Value where it is one setting: what the application's side must do otherwise
	SetPermission  = "set-permission"  // Params.Path, Mode and/or Group
	SetPolicy      = "set-policy"      // Params.Policy, Value: a boolean of the host's security policy
	RemoveFilter   = "remove-filter"   // Params.Filter: a packet-filter rule
	RemoveRoute    = "remove-route"    // Params.Setting and Value: a route's kind and destination
	SetLimit       = "set-limit"       // Params.Setting, and Value where it is known: a limit of the kernel, a service or a container
	JoinNetwork    = "join-network"    // Params.Upstream: the backend's container and the proxy's share a network
)

// Remedy is an edit of the configuration or a typed action, never shell text to
// be run: Commands are for people.
type Remedy struct {
	Action     string   `json:"action"`
	Summary    string   `json:"summary"`
	Diff       string   `json:"diff,omitempty"` // unified, for people
	Edits      []Edit   `json:"edits,omitempty"`
	Params     *Params  `json:"params,omitempty"`
	Commands   []string `json:"commands,omitempty"`
	Mitigation bool     `json:"mitigation"`         // hides the cause
	Verified   *bool    `json:"verified,omitempty"` // set by who applied it and looked
	Proof      string   `json:"proof,omitempty"`    // what was seen then, or why it could not be tried
}

// Edit replaces Old by New at a byte offset of one configuration file. Edits of
// one file are given for the unedited file, do not overlap and are ascending.
type Edit struct {
	File   string `json:"file"`
	Offset int    `json:"offset"`
	Old    string `json:"old"`
	New    string `json:"new"`
}

// Params are the typed arguments of an action; which are set depends on it.
type Params struct {
	Upstream string  `json:"upstream,omitempty"` // "http://127.0.0.1:9000", "fastcgi://unix:/run/app.sock"
	Path     string  `json:"path,omitempty"`
	Mode     string  `json:"mode,omitempty"` // octal, "0660"
	Group    string  `json:"group,omitempty"`
	Policy   string  `json:"policy,omitempty"`  // "httpd_can_network_connect"
	Value    string  `json:"value,omitempty"`   // "on"; of a setting, empty where only people can know it
	Setting  string  `json:"setting,omitempty"` // "pm.max_children"; empty where the program itself is at fault
	Filter   *Filter `json:"filter,omitempty"`
}

// Filter addresses one packet-filter rule as nft does.
type Filter struct {
	Family string `json:"family"`
	Table  string `json:"table"`
	Chain  string `json:"chain"`
	Handle uint64 `json:"handle"`
}

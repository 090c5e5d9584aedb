package evidence

import "time"

// Phases are nginx's own words for what it was doing (log->action, shortened).
const (
	Selecting     = "selecting a peer"
	Resolving     = "resolving"
	Connecting    = "connecting"
	Handshaking   = "handshaking"
	Sending       = "sending request"
	ReadingHeader = "reading header"
	ReadingBody   = "reading body"
	Upgraded      = "upgraded"
)

// Outcomes say how the phase ended.
const (
	OK          = "ok" // of a Probe only
	Refused     = "refused"
	TimedOut    = "timed out"
	Reset       = "reset"
	ClosedEarly = "closed early"
	Unreachable = "unreachable"
	Denied      = "denied"
	Missing     = "missing"
	Exhausted   = "exhausted"
	TooBig      = "too big"
	Invalid     = "invalid"
	NoneLive    = "none live"
	NotFound    = "not found"
	SentError   = "sent an error" // the upstream itself answered 502 or 504; only an access log tells
	Cached      = "cached"        // the proxy's cache answered 502 or 504; only an access log tells
)

// Event is one upstream error, read from one record of the log. Fields that the
// record does not show are zero.
type Event struct {
	Phase   string `json:"phase"`
	Outcome string `json:"outcome"`
	Errno   int    `json:"errno,omitempty"` // Linux numbering
	Syscall string `json:"syscall,omitempty"`
	// Immediate is true for "connect() to ADDR failed": connect(2) itself returned the error. Without
	// it a packet, or the kernel's own timeout, came back later (ngx_event_connect.c, ngx_http_upstream.c).
	Immediate bool `json:"immediate,omitempty"`
	// Timer is true where nginx's own timer ended the attempt (504), not the kernel (502).
	Timer bool `json:"timer,omitempty"`
	// Signature names the message among those that the log reader knows: "too big header".
	Signature string `json:"signature,omitempty"`
	// Status is what the client gets if this attempt was the last: 502, 504, 500, or 200 with a truncated body.
	Status int `json:"status,omitempty"`

	// Proxy names whose log it is: "apache", "haproxy"; empty means nginx.
	Proxy string `json:"proxy,omitempty"`

	Time     time.Time `json:"time,omitzero"`
	Level    string    `json:"level,omitempty"`
	PID      int       `json:"pid,omitempty"`
	Conn     int64     `json:"conn,omitempty"` // the *N of the record
	Message  string    `json:"message"`        // up to the context fields
	Client   string    `json:"client,omitempty"`
	Server   string    `json:"server,omitempty"`
	Request  string    `json:"request,omitempty"`
	Upstream string    `json:"upstream,omitempty"` // as logged, URI and all
	Host     string    `json:"host,omitempty"`
	Line     int64     `json:"line"` // of the record's first line, from 1
	Text     string    `json:"text"` // the record as it stands in the log
	Cut      bool      `json:"cut,omitempty"`
}

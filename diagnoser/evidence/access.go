package evidence

import "time"

// Times of an attempt that are none.
const (
	NotLogged time.Duration = -2 // the log's format does not have the variable
	Never     time.Duration = -1 // "-": the attempt did not come that far
)

// Access is one line of nginx's access log that tells of its upstreams.
type Access struct {
	Time        time.Time     `json:"time,omitzero"`
	Client      string        `json:"client,omitempty"`
	Request     string        `json:"request,omitempty"`
	Status      int           `json:"status,omitempty"` // what the client got
	RequestTime time.Duration `json:"request_time,omitempty"`
	Conn        int64         `json:"conn,omitempty"`  // $connection, which is the *N of the error log
	Cache       string        `json:"cache,omitempty"` // $upstream_cache_status: "HIT", "MISS"
	Attempts    []Attempt     `json:"attempts"`
	Line        int64         `json:"line,omitempty"`
	Text        string        `json:"text"`
}

// Attempt is one try of one upstream. The lists of the $upstream_* variables hold one item for each.
type Attempt struct {
	// Address is a peer's address; the name of the group where none was live; "-" where none was
	// chosen; empty where one was chosen and its socket could not be made.
	Address  string        `json:"address"`
	Status   int           `json:"status,omitempty"`
	Connect  time.Duration `json:"connect"` // TCP and TLS
	Header   time.Duration `json:"header"`  // Never: nginx made the status, not the upstream
	Response time.Duration `json:"response"`
	// Received and Sent are bytes, -1 where the log does not tell.
	Received int64 `json:"received"`
	Sent     int64 `json:"sent"`
	// Redirected is true where an internal redirect came before: error_page, X-Accel-Redirect.
	Redirected bool `json:"redirected,omitempty"`
}

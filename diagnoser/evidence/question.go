package evidence

import "time"

// Question is one direct probe worth asking: what is asked of which backend, as the proxy would ask it.
type Question struct {
	Target Target
	Method string // "GET" or "HEAD"; never a method that changes something
	URI    string
	Host   string
	// ServerName is given in a TLS handshake; the host of Host when empty.
	ServerName string            `json:",omitempty"`
	Params     map[string]string // FastCGI parameters besides those of nginx's fastcgi_params
	// Exact sends no FastCGI parameters but Params: what the backend makes of a request that lacks some.
	Exact bool `json:",omitempty"`
	// Upgrade asks to become a websocket, as a browser does.
	Upgrade bool `json:",omitempty"`
	// Candidate marks a listener that no configuration names: a short question that finds out what it is.
	Candidate bool
	// Idle also asks how long the backend keeps an idle connection open.
	Idle bool
	// Within is how late the first answer may be for that question: a backend that is slow on a fresh connection
	// is not asked again and again. Zero means any time.
	Within time.Duration `json:",omitempty"`
	// Wait bounds connect, and then the response; zero means 10 s.
	Wait time.Duration
}

// NameQuestion is a name worth asking a name server for, as the proxy's own resolver asks it: for A and AAAA records.
type NameQuestion struct {
	Name   string
	Server string // an address and a port
}

// HostQuestion says which facts of the host matter.
type HostQuestion struct {
	Paths     []string // unix sockets whose path is to be walked
	Addresses []string // "host:port" whose route is to be looked up
	Busy      []string `json:",omitempty"` // "host:port" to which connections are to be counted
}

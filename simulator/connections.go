package simulator

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"sync/atomic"
	"time"
)

// Connection is an open connection as others see it.
type Connection struct {
	Conn     uint64    `json:"conn"` // its number in the journal
	Peer     string    `json:"peer"` // the peer's address; empty for a unix socket without a name
	Accepted time.Time `json:"accepted"`
	State    string    `json:"state"`              // new (no request yet), running (a script), idle (kept alive between requests)
	Exchange int       `json:"exchange,omitempty"` // the last one begun
	Rule     string    `json:"rule,omitempty"`     // what that exchange met
	Step     string    `json:"step,omitempty"`     // running: the step reached; "write" while output is sent
	Read     int64     `json:"read"`               // bytes
	Written  int64     `json:"written"`            // bytes the kernel took
}

// progress is what others may know of a connection while its goroutine runs.
type progress struct {
	accepted      int64 // nanoseconds of the Unix time
	read, written atomic.Int64
	exchange      atomic.Int64
	rule          atomic.Pointer[compiledRule]
	doing         atomic.Pointer[action] // nil between scripts
	order         atomic.Int32           // how the connection shall end when it is stopped
}

// Orders for the end of a connection.
const (
	orderNone = iota
	orderClose
	orderReset
)

// Connections lists the open connections by number.
func (s *Server) Connections() []Connection {
	list := []Connection{}
	s.each(func(c *conn) { list = append(list, c.describe()) })
	slices.SortFunc(list, func(a, b Connection) int { return cmp.Compare(a.Conn, b.Conn) })
	return list
}

func (c *conn) describe() Connection {
	d := Connection{Conn: c.number, Peer: c.net.RemoteAddr().String(), Accepted: time.Unix(0, c.seen.accepted), State: "new",
		Exchange: int(c.seen.exchange.Load()), Read: c.seen.read.Load(), Written: c.seen.written.Load()}
	if d.Peer == "@" {
		d.Peer = ""
	}
	if r := c.seen.rule.Load(); r != nil {
		d.Rule = r.name
	}
	switch a := c.seen.doing.Load(); {
	case a != nil:
		d.State, d.Step = "running", a.name()
	case d.Exchange > 0:
		d.State = "idle"
	}
	return d
}

// shown is where the connection's progress is noted: an HTTP/2 stream's is that of its connection.
func (c *conn) shown() *progress {
	if c.mux != nil {
		return &c.mux.root.seen
	}
	return &c.seen
}

// name is what people are told of an action.
func (a *action) name() string {
	switch {
	case a.step != "":
		return a.step
	case a.run == nil:
		return "write"
	default:
		return "read_body"
	}
}

// CloseConnection ends one connection by close(2), whatever its script does: the peer reads its end, or ECONNRESET where
// input lies unread. The journal says which. The error is ErrNoConnection when it is not open.
func (s *Server) CloseConnection(number uint64) error { return s.order(number, orderClose) }

// ResetConnection resets one connection, whatever its script does. On a unix socket that needs unread input; without
// it the journal has an entry of kind "failed".
func (s *Server) ResetConnection(number uint64) error { return s.order(number, orderReset) }

// ErrNoConnection is returned for a connection that is not open.
var ErrNoConnection = fmt.Errorf("no such open connection")

func (s *Server) order(number uint64, order int32) error {
	found := ErrNoConnection
	s.each(func(c *conn) {
		if c.number == number {
			c.seen.order.Store(order)
			c.stopNow()
			found = nil
		}
	})
	if found != nil {
		return fmt.Errorf("connection %d: %w", number, found)
	}
	return nil
}

// stopped ends a connection that somebody else stopped.
func (c *conn) stopped() {
	by := ByStop
	order := c.seen.order.Load()
	if order != orderNone {
		by = ByControl
	}
	end := c.endNow()
	if order == orderReset {
		if tcp, ok := c.net.(*net.TCPConn); ok && tcp.SetLinger(0) == nil {
			end = EndRST
		} else if end != EndRST {
			c.failed("reset: nothing lies unread, so closing the unix socket is an orderly end")
		}
	}
	c.finish(by, end, "")
}

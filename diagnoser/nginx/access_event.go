package nginx

import (
	"fmt"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// fromAccess is the signature of events that an access log tells.
const fromAccess = "access log"

// EventOf reads how an attempt failed, from its status and its times. It answers false for one that did
// not, or whose status the upstream itself sent: $upstream_header_time is "-" only where nginx made
// the status (ngx_http_upstream_process_header sets it when the header is whole).
func EventOf(a *evidence.Access, t evidence.Attempt) (e evidence.Event, ok bool) {
	e = evidence.Event{Signature: fromAccess, Time: a.Time, Client: a.Client, Request: a.Request, Conn: a.Conn, Line: a.Line, Text: a.Text,
		Upstream: logged(t.Address), Status: t.Status}
	switch {
	case t.Address == "-" && ofGateway(a.Status) && FromCache(a.Cache):
		e.Phase, e.Outcome, e.Status = evidence.Selecting, evidence.Cached, a.Status
		e.Message = fmt.Sprintf("the cache answered %d (%s): no upstream was asked", a.Status, a.Cache)
		e.Upstream = ""
		return e, true
	case t.Address == "-" && a.Status == 502:
		e.Phase, e.Outcome, e.Status = evidence.Resolving, evidence.NotFound, 502
		e.Message = "no peer was chosen: the upstream's name was not resolved"
		e.Upstream = ""
		return e, true
	case ofGateway(t.Status) && t.Header >= 0 && t.Address != "-":
		e.Phase, e.Outcome = evidence.ReadingHeader, evidence.SentError
		e.Message = fmt.Sprintf("the upstream itself sent %d", t.Status)
	case t.Status == 504 && byProxy(t):
		ofTimer(&e, t)
	case t.Status == 502 && byProxy(t):
		ofFailure(&e, t)
	default:
		return e, false
	}
	return e, e.Outcome != ""
}

// ofGateway tells whether a status is a gateway's: 502 or 504 (RFC 9110, sections 15.6.3 and 15.6.5).
func ofGateway(status int) bool { return status == 502 || status == 504 }

// FromCache tells whether a $upstream_cache_status is one of an answer that no upstream was asked for.
func FromCache(status string) bool {
	return status == "HIT" || status == "STALE" || status == "UPDATING"
}

// byProxy tells whether nginx made the status: no header came. Where the format does not
// have its time, an answer without one byte tells the same.
func byProxy(t evidence.Attempt) bool {
	if t.Header == evidence.NotLogged {
		return t.Received == 0
	}
	return t.Header == evidence.Never
}

// ofTimer reads an attempt that one of nginx's timers ended.
func ofTimer(e *evidence.Event, t evidence.Attempt) {
	e.Outcome, e.Errno, e.Timer = evidence.TimedOut, 110, true
	if t.Connect == evidence.Never {
		e.Phase, e.Message = evidence.Connecting, "a timer of nginx ended the attempt before it was connected"
		return
	}
	e.Phase, e.Message = evidence.ReadingHeader, "a timer of nginx ended the attempt before the header was whole"
}

// bufferSizes are those that a header that is too big fills to the last byte: the default, a page, and what people set.
var bufferSizes = []int64{4 << 10, 8 << 10, 16 << 10, 32 << 10, 64 << 10, 128 << 10, 256 << 10}

// arp is how long the kernel looks for a neighbor's address before it says that the host is unreachable.
const arp = 3 * time.Second

// ofFailure reads an attempt that failed at once or in the middle.
func ofFailure(e *evidence.Event, t evidence.Attempt) {
	switch {
	case isGroup(t.Address):
		e.Phase, e.Outcome, e.Message = evidence.Selecting, evidence.NoneLive, "no peer of the group was live"
	case t.Connect == evidence.Never && strings.HasPrefix(t.Address, "unix:"):
		e.Phase, e.Message = evidence.Connecting, "the socket could not be connected to" // why is in the error log
	case t.Connect == evidence.Never && t.Response >= arp && t.Response < arp+200*time.Millisecond:
		e.Phase, e.Outcome, e.Errno, e.Message = evidence.Connecting, evidence.Unreachable, 113, "the host did not answer for its address"
	case t.Connect == evidence.Never && t.Response < time.Second/2:
		e.Phase, e.Outcome, e.Message = evidence.Connecting, evidence.Refused, "the connection was refused at once"
	case t.Connect == evidence.Never:
		e.Phase, e.Outcome, e.Errno, e.Message = evidence.Connecting, evidence.TimedOut, 110, "the kernel gave up connecting"
	case full(t.Received):
		e.Phase, e.Outcome, e.Message = evidence.ReadingHeader, evidence.TooBig, "the header filled the buffer"
	case t.Received > 0 && t.Connect >= 0:
		e.Phase, e.Outcome, e.Message = evidence.ReadingHeader, evidence.ClosedEarly, "the connection ended within the header"
	case t.Connect >= 0:
		e.Phase, e.Outcome, e.Message = evidence.ReadingHeader, evidence.ClosedEarly, "the connection ended before the header"
	case t.Response < time.Second/10: // the format has no connect time
		e.Phase, e.Outcome, e.Message = evidence.Connecting, evidence.Refused, "the attempt ended at once, without a byte"
	}
}

func full(n int64) bool {
	for _, size := range bufferSizes {
		if n == size {
			return true
		}
	}
	return false
}

// isGroup tells whether an address is a group's name: it has no port.
func isGroup(address string) bool {
	return address != "" && address != "-" && !strings.HasPrefix(address, "unix:") && !strings.Contains(address, ":")
}

// logged writes an address as the error log does. The protocol is not known: http stands for it.
func logged(address string) string {
	if address == "" || address == "-" {
		return ""
	}
	return "http://" + address + "/"
}

package diagnoser

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// tellsMax bounds the kinds of attempts that are kept of access logs.
const tellsMax = 1024

// told is what access logs tell of one upstream: attempts that failed alike.
type told struct {
	evidence.Event // the first of them
	access         evidence.Access
	attempt        evidence.Attempt
	log            string
	count          int64
	conns          map[int64]bool
}

type toldKey struct{ phase, outcome, upstream string }

// access keeps what a line of an access log tells, and answers false for another line.
func (r *Reading) access(name string, line int64, text []byte) bool {
	if !bytes.Contains(text, []byte("502")) && !bytes.Contains(text, []byte("504")) {
		return tellsOfNone(text)
	}
	a, ok := nginx.ParseAccess(text)
	if !ok {
		return tellsOfNone(text)
	}
	a.Line = line
	for _, t := range a.Attempts {
		r.keepARP(t)
		if e, failed := nginx.EventOf(&a, t); failed {
			r.tell(name, e, a, t)
		}
	}
	return true
}

// tellsOfNone tells whether a line is one of an access log with upstream fields, none of which failed.
func tellsOfNone(text []byte) bool {
	return nginx.MayTell(text) && (bytes.Contains(text, []byte(" HTTP/")) || bytes.Contains(text, []byte("us=")))
}

func (r *Reading) tell(name string, e evidence.Event, a evidence.Access, t evidence.Attempt) {
	if r.told == nil {
		r.told = map[toldKey]*told{}
	}
	key := toldKey{e.Phase, e.Outcome, e.Upstream}
	kept := r.told[key]
	if kept == nil {
		if len(r.told) >= tellsMax {
			return
		}
		kept = &told{Event: e, access: a, attempt: t, log: name, conns: map[int64]bool{}}
		r.told[key] = kept
	}
	kept.count++
	if len(kept.conns) < connsMax && a.Conn != 0 {
		kept.conns[a.Conn] = true
	}
}

// joinAccess lays what access logs tell beside the error log's events of the same connections, or of the same upstream
// where connections are not logged. What the error log does not have becomes events of its own.
func (r *Reading) joinAccess() {
	all := make([]*told, 0, len(r.told))
	for _, t := range r.told {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *told) int {
		return cmp.Or(strings.Compare(a.log, b.log), cmp.Compare(a.Line, b.Line), strings.Compare(a.Upstream, b.Upstream))
	})
	var alone []*told
	for _, t := range all {
		if !r.joined(t) {
			alone = append(alone, t)
		}
	}
	for _, t := range alone {
		t.Upstream = r.protocolOf(t.Upstream)
		g := r.groups.add(t.log, t.Event)
		g.count += t.count - 1
		g.told = append(g.told, t)
		r.summary.UpstreamErrors += t.count
	}
}

// joined tells whether a group of events is of the same attempts, and adds to it.
func (r *Reading) joined(t *told) (found bool) {
	address := t.attempt.Address
	for _, g := range r.groups.list {
		if g.Outcome == "" || g.Proxy != "" || address != "-" && g.known() && g.target.Address != strings.TrimPrefix(address, "unix:") {
			continue
		}
		if !t.sharesConn(g) {
			continue
		}
		if found = true; len(g.told) < connsMax {
			g.told = append(g.told, t)
		}
	}
	return found
}

// sharesConn tells whether events and attempts are of one connection, for all that was logged.
func (t *told) sharesConn(g *group) bool {
	if len(t.conns) == 0 {
		return g.known()
	}
	for c := range t.conns {
		if g.conns[c] {
			return true
		}
	}
	return len(g.conns) >= connsMax && len(t.conns) >= connsMax && g.known() // too many to remember
}

// protocolOf writes an upstream with the protocol of the pass that has its address.
func (r *Reading) protocolOf(upstream string) string {
	address := strings.TrimSuffix(strings.TrimPrefix(upstream, "http://"), "/")
	for _, p := range r.config.Passes() {
		if upstream != "" && (p.Address == strings.TrimPrefix(address, "unix:") || p.Host == address || p.Group != nil && p.ServerFor(evidence.Target{Network: "tcp", Address: address}) != nil) {
			return p.Protocol + "://" + address + "/"
		}
	}
	return upstream
}

// facts say what the access log adds to a group of events.
func (g *group) accessFacts() (all []Fact) {
	if g.Outcome == evidence.Cached {
		return nil // its line is all that there is
	}
	for _, t := range g.told[:min(len(g.told), 2)] {
		all = append(all, Fact{Source: fromLog, Text: t.says(), Ref: fmt.Sprintf("%s:%d", t.log, t.Line)})
	}
	return all
}

func (t *told) says() string {
	a := t.attempt
	text := fmt.Sprintf("the access log has status %d for %s", a.Status, cmp.Or(a.Address, "no address"))
	if a.Header == evidence.Never {
		text += `, made by nginx: $upstream_header_time is "-"`
	}
	text += second("connected after", a.Connect) + second("ended after", a.Response)
	if a.Connect == evidence.Never {
		text += ", never connected"
	}
	if a.Received >= 0 {
		text += fmt.Sprintf(", %d bytes received", a.Received)
	}
	if t.count > 1 {
		text += fmt.Sprintf(" (%d times)", t.count)
	}
	return text
}

func second(what string, d time.Duration) string {
	if d < 0 {
		return ""
	}
	return fmt.Sprintf(", %s %.3f s", what, d.Seconds())
}

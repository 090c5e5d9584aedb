package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/apache"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/haproxy"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// kinds are the proxies other than nginx. Their logs are read line by line, whatever stands between the lines.
var kinds = []kind{
	{"haproxy", haproxy.Is, haproxy.Unknown, func() func(string) (evidence.Event, bool) { return haproxy.Parse }},
	{"apache", apache.Is, apache.Unknown, func() func(string) (evidence.Event, bool) { return new(apache.Scanner).Parse }},
}

// kind is what a proxy's folder offers for the lines of its log.
type kind struct {
	name    string
	is      func(line string) bool // surely a line of this proxy's
	unknown func(line string) bool // about a backend, and not understood
	// parser returns what reads the lines of one log.
	parser func() func(line string) (evidence.Event, bool)
}

// isElsewhere tells whether a proxy is another one than nginx.
func isElsewhere(proxy string) bool {
	for _, k := range kinds {
		if k.name == proxy {
			return true
		}
	}
	return false
}

// mixed reads the lines of one log that are no records of nginx's error log.
type mixed struct {
	*Reading
	name   string
	parse  []func(line string) (evidence.Event, bool) // of each of kinds
	joiner haproxy.Joiner
	proxy  int64 // lines of other proxies
	access int64 // lines of access logs
}

func (r *Reading) mixed(name string) *mixed {
	m := &mixed{Reading: r, name: name}
	for _, k := range kinds {
		m.parse = append(m.parse, k.parser())
	}
	return m
}

// other tells whether a line is another proxy's. Where the log is said to be that proxy's, a line that it can read is.
func (r *Reading) other(text []byte) bool {
	line := string(nginx.Carried(text))
	for _, k := range kinds {
		if k.is(line) {
			return true
		}
		if k.name != r.proxy.Kind {
			continue
		}
		if _, ok := k.parser()(line); ok {
			return true
		}
	}
	return false
}

// line takes one line with its number.
func (m *mixed) line(text []byte, n int64) {
	for _, record := range m.joiner.Join(strings.TrimRight(string(nginx.Carried(text)), "\r\n"), n) {
		m.record(record)
	}
}

// end takes what is held of the last record.
func (m *mixed) end() {
	for _, record := range m.joiner.Flush() {
		m.record(record)
	}
}

func (m *mixed) record(record haproxy.Record) {
	text, n := []byte(record.Text), record.Line
	for i, k := range kinds {
		is := k.is(record.Text)
		if !is && k.name != m.Reading.proxy.Kind {
			continue
		}
		e, ok := m.parse[i](record.Text)
		if ok {
			m.event(k.name, e, n)
			m.look(m.name, n, text)
			return
		}
		if k.unknown(record.Text) {
			m.summary.Unrecognized++
			is = true
		}
		if is {
			m.proxy++
			m.look(m.name, n, text)
			return
		}
	}
	if m.Reading.access(m.name, n, text) {
		m.access++
		return
	}
	m.look(m.name, n, text)
}

// event keeps what a line of another proxy tells.
func (m *mixed) event(proxy string, e evidence.Event, line int64) {
	m.proxy++
	s := &m.summary
	if e.Outcome != "" {
		s.UpstreamErrors++
	}
	s.spans(e.Time)
	e.Line, e.Proxy = line, proxy
	m.groups.add(m.name, m.targetElsewhere(e))
}

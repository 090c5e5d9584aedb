package appserver

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// form is one line that a server writes. The words are looked for first: the expression
// runs only where they stand. Its groups are named pid, name and signal.
type form struct {
	server string
	what   string // empty: the signal says it
	words  string
	line   *regexp.Regexp
}

// lineMax bounds what is looked at of one line.
const lineMax = 2048

// Prefixes that must stand in front, so that a request or a message of the application
// that quotes such a line is not taken for it.
const (
	fpmHead      = `\[\d\d-\w{3}-\d{4} \d\d:\d\d:\d\d(?:\.\d+)?\] (?:WARNING|NOTICE|ERROR|ALERT|DEBUG): (?:pid \d+, \w+\(\), line \d+: )?(?:\[pool (?P<name>[^\]]+)\] )?`
	gunicornHead = `\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}\] \[\d+\] \[(?:CRITICAL|ERROR|WARNING|INFO|DEBUG)\] `
)

var forms = concat(fpmForms, gunicornForms, uwsgiForms, nodeForms, systemForms)

func concat(lists ...[]form) (all []form) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// hints are words of which every known line has one: most lines of other logs end here.
var hints = bytes.Fields([]byte("WARNING: NOTICE: ERROR: pool WORKER orker Listening Shutting in_use HARAKIRI DAMN uWSGI emory segfault flooding conntrack service: traps: heap nhandled ncaught EADDRINUSE oom-kill Node.js_v disallowed instance invalid_request"))

func init() {
	for i := range hints {
		hints[i] = bytes.ReplaceAll(hints[i], []byte("_"), []byte(" "))
	}
}

// Parse reads one line. It answers false for a line of which nothing is known. A line
// of an access log says nothing: clients write in it.
func Parse(line []byte) (e evidence.BackendEvent, ok bool) {
	if !hinted(line) || bytes.Contains(line, []byte(` HTTP/`)) {
		return e, false
	}
	text := string(bytes.TrimSpace(line[:min(len(line), lineMax)]))
	for i := range forms {
		f := &forms[i]
		if !strings.Contains(text, f.words) {
			continue
		}
		m := f.line.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		e = evidence.BackendEvent{Server: f.server, What: f.what, Text: text, Time: timeOf(text)}
		e.PID, _ = strconv.Atoi(f.group(m, "pid"))
		e.Signal, _ = strconv.Atoi(f.group(m, "signal"))
		e.Name = f.group(m, "name")
		if e.What == "" {
			e.What = ofSignal(e.Signal)
		}
		return e, true
	}
	return e, false
}

func hinted(line []byte) bool {
	for _, h := range hints {
		if bytes.Contains(line, h) {
			return true
		}
	}
	return false
}

func (f *form) group(m []string, name string) string {
	for i, n := range f.line.SubexpNames() {
		if n == name && m[i] != "" {
			return m[i]
		}
	}
	return ""
}

// ofSignal says what the signal that ended a process means (signal(7)).
func ofSignal(n int) string {
	switch n {
	case 9:
		return evidence.WorkerKilled
	case 4, 6, 7, 8, 11, 31: // SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS
		return evidence.WorkerCrashed
	}
	return evidence.WorkerExited
}

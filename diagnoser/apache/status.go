package apache

import (
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// Codes of APR (apr_errno.h) that stand where an errno of the system can.
const (
	timeUp   = 70007
	partial  = 70008
	endOf    = 70014
	internal = 20014
	windows  = 720000 // added to the numbers of Windows

	badGateway = 502 // a status that stands for an error (ssl_engine_io.c, ssl_io_filter_handshake)
)

// words tell the code where a record was quoted without its number.
var words = []struct {
	text string
	code int
}{
	{"The timeout specified has expired", timeUp}, {"Connection refused", 111}, {"Permission denied", 13}, {"Connection reset by peer", 104},
	{"Connection timed out", 110}, {"No route to host", 113}, {"End of file found", endOf}, {"Internal error", internal},
	{"No such file or directory", 2}, {"Broken pipe", 32},
}

// read takes errno and outcome from "(111)Connection refused: " in front of a message.
func (m *message) read(e *evidence.Event, before string) {
	n, text := 0, ""
	if all := code.FindAllStringSubmatchIndex(before, -1); len(all) > 0 {
		last := all[len(all)-1]
		n, _ = strconv.Atoi(before[last[2]:last[3]])
		text, _, _ = strings.Cut(before[last[1]:], ": ")
	}
	for i := 0; n == 0 && i < len(words); i++ {
		if strings.Contains(before, words[i].text) {
			n = words[i].code
		}
	}
	if n > windows {
		n -= windows
	}
	switch {
	case n == internal && m.phase == evidence.Sending: // what the TLS filter returns
		e.Phase, e.Outcome, e.Signature, e.Status = evidence.Handshaking, evidence.Invalid, "tls handshake", 500
		return
	case n == badGateway && m.phase == evidence.Sending: // what the TLS filter returns for a certificate that is not the backend's
		e.Phase, e.Outcome, e.Signature, e.Status = evidence.Handshaking, evidence.Invalid, "tls certificate", 500
		return
	case n == 22 && m.phase != evidence.Connecting: // after a record that was not understood
		e.Errno, e.Outcome = 22, evidence.Invalid
		return
	}
	switch n {
	case timeUp:
		e.Outcome, e.Errno, e.Timer = evidence.TimedOut, 110, true
	case endOf, partial, internal, 0:
		e.Outcome = evidence.ClosedEarly
		if m.phase == evidence.Connecting {
			e.Outcome = evidence.Refused
			if n == 0 && strings.HasPrefix(e.Upstream, "fastcgi://unix:") { // quoted without what stood before: the most frequent
				e.Outcome = evidence.Missing
			}
		}
	default:
		e.Errno = evidence.LinuxErrno(n, text)
		e.Outcome = evidence.OutcomeOf(e.Errno)
		e.Immediate = m.phase == evidence.Connecting && (e.Outcome == evidence.Denied || e.Errno == 99 || e.Errno == 101)
	}
}

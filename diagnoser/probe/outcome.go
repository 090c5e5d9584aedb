package probe

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"golang.org/x/sys/unix"
)

// failure is where and how an exchange ended. Without an outcome it says nothing of the
// backend: the question could not be asked.
type failure struct {
	phase   string
	outcome string
	errno   int
	note    string
}

// outcomes of the kernel's errors, in the words of the error log's events. What is not
// listed is invalid.
var outcomes = map[unix.Errno]string{
	unix.ECONNREFUSED:  evidence.Refused,
	unix.ETIMEDOUT:     evidence.TimedOut,
	unix.ECONNRESET:    evidence.Reset,
	unix.EPIPE:         evidence.Reset,
	unix.ECONNABORTED:  evidence.Reset,
	unix.ENOTCONN:      evidence.Reset,
	unix.EHOSTUNREACH:  evidence.Unreachable,
	unix.ENETUNREACH:   evidence.Unreachable,
	unix.ENETDOWN:      evidence.Unreachable,
	unix.EHOSTDOWN:     evidence.Unreachable,
	unix.EINVAL:        evidence.Unreachable, // so connect fails at a blackhole route
	unix.EACCES:        evidence.Denied,
	unix.EPERM:         evidence.Denied,
	unix.EAFNOSUPPORT:  evidence.Denied,
	unix.ENOENT:        evidence.Missing,
	unix.ENOTDIR:       evidence.Missing,
	unix.ELOOP:         evidence.Missing,
	unix.EAGAIN:        evidence.Exhausted, // a unix socket's accept queue is full
	unix.EADDRNOTAVAIL: evidence.Exhausted, // no local port is left
	unix.ENOBUFS:       evidence.Exhausted,
}

// classify names an error of the connection; what ended by our own bound has no errno.
func classify(phase string, err error) *failure {
	f := &failure{phase: phase}
	var errno unix.Errno
	var dns *net.DNSError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded) || isTimeout(err) && !errors.As(err, &errno):
		f.outcome = evidence.TimedOut
	case errors.As(err, &errno):
		f.outcome, f.errno = outcomes[errno], int(errno)
		if f.outcome == "" {
			f.outcome, f.note = evidence.Invalid, err.Error()
		}
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		f.outcome = evidence.ClosedEarly
	case errors.As(err, &dns):
		f.phase, f.outcome, f.note = evidence.Resolving, evidence.NotFound, err.Error()
	default:
		f.outcome, f.note = evidence.Invalid, err.Error()
	}
	return f
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

func invalid(phase, format string, args ...any) *failure {
	return &failure{phase: phase, outcome: evidence.Invalid, note: fmt.Sprintf(format, args...)}
}

// firstBytes quotes the beginning of what came instead of the protocol.
func firstBytes(b []byte) string {
	return fmt.Sprintf("first bytes: %q", b[:min(len(b), 32)])
}

package nginx

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// errnoOf reads the number, in Linux's numbering, of "… failed (111: Connection refused)". It is the
// last parenthesis that begins with digits and a colon, as the text in front may
// hold a path.
func errnoOf(message string) int {
	for end := len(message); ; {
		at := strings.LastIndexByte(message[:end], '(')
		if at < 0 {
			return 0
		}
		digits, _, ok := strings.Cut(message[at+1:], ":")
		if n := number(digits); ok && n > 0 && len(digits) < 6 {
			return linuxErrno(message, int(n))
		}
		end = at
	}
}

// outcomeOf translates Linux's errno of a socket call.
func outcomeOf(errno int) string {
	switch errno {
	case 111: // ECONNREFUSED
		return evidence.Refused
	case 110: // ETIMEDOUT by the kernel; nginx's own timer has its own signature
		return evidence.TimedOut
	case 32, 104, 107, 103: // EPIPE, ECONNRESET, ENOTCONN, ECONNABORTED
		return evidence.Reset
	case 22, 100, 101, 112, 113: // EINVAL (blackhole route), ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH
		return evidence.Unreachable
	case 1, 13, 97: // EPERM, EACCES, EAFNOSUPPORT
		return evidence.Denied
	case 2, 20, 40: // ENOENT, ENOTDIR, ELOOP
		return evidence.Missing
	case 11, 12, 23, 24, 28, 98, 99, 105: // EAGAIN, ENOMEM, ENFILE, EMFILE, ENOSPC, EADDRINUSE, EADDRNOTAVAIL, ENOBUFS
		return evidence.Exhausted
	}
	return evidence.Invalid
}

package evidence

import "strings"

// bsd are the numbers of FreeBSD and macOS (sys/errno.h) that Linux has for something else, solaris those of Solaris and
// illumos, and of Linux on MIPS.
var (
	bsd = map[int]int{35: 11, 41: 91, 47: 97, 48: 98, 49: 99, 50: 100, 51: 101, 53: 103, 54: 104, 55: 105, 57: 107,
		60: 110, 61: 111, 62: 40, 64: 112, 65: 113}
	solaris = map[int]int{126: 99, 127: 100, 128: 101, 130: 103, 131: 104, 132: 105, 134: 107, 145: 110, 146: 111, 147: 112, 148: 113}
	// windows are winsock2.h's: no other system has such numbers.
	windows = map[int]int{10013: 13, 10024: 24, 10035: 11, 10041: 91, 10047: 97, 10048: 98, 10049: 99, 10050: 100, 10051: 101, 10052: 104,
		10053: 103, 10054: 104, 10055: 105, 10057: 107, 10058: 32, 10060: 110, 10061: 111, 10064: 112, 10065: 113}
)

// texts are the words of strerror(3) for the errors that have different numbers: glibc's and musl's, BSD's, Solaris's.
var texts = map[string]int{
	"resource temporarily unavailable": 11, "operation would block": 11, "protocol wrong type for socket": 91,
	"address family not supported by protocol": 97, "address family not supported by protocol family": 97,
	"address already in use": 98, "address in use": 98, "address not available": 99, "can't assign requested address": 99, "cannot assign requested address": 99,
	"network is down": 100, "network is unreachable": 101, "network unreachable": 101, "software caused connection abort": 103, "connection aborted": 103,
	"connection reset by peer": 104, "no buffer space available": 105, "socket is not connected": 107, "socket not connected": 107, "transport endpoint is not connected": 107,
	"connection timed out": 110, "operation timed out": 110, "connection refused": 111, "too many levels of symbolic links": 40, "symbolic link loop": 40,
	"host is down": 112, "no route to host": 113, "host is unreachable": 113,
}

// LinuxErrno translates the error number of a call on any system to Linux's. The number alone does not tell: 61 is ENODATA
// on Linux and ECONNREFUSED on BSD. The text beside it decides; without one that is known the number is Linux's,
// but for Windows', which no other system has.
func LinuxErrno(n int, text string) int {
	if linux, ok := windows[n]; ok {
		return linux
	}
	said, ok := texts[strings.ToLower(strings.TrimSpace(text))]
	if ok && said != n && (bsd[n] == said || solaris[n] == said) {
		return said
	}
	return n
}

// OutcomeOf translates Linux's errno of a socket call.
func OutcomeOf(errno int) string {
	switch errno {
	case 111: // ECONNREFUSED
		return Refused
	case 110: // ETIMEDOUT by the kernel; nginx's own timer has its own signature
		return TimedOut
	case 32, 104, 107, 103: // EPIPE, ECONNRESET, ENOTCONN, ECONNABORTED
		return Reset
	case 22, 100, 101, 112, 113: // EINVAL (blackhole route), ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH
		return Unreachable
	case 1, 13, 97: // EPERM, EACCES, EAFNOSUPPORT
		return Denied
	case 2, 20, 40: // ENOENT, ENOTDIR, ELOOP
		return Missing
	case 11, 12, 23, 24, 28, 98, 99, 105: // EAGAIN, ENOMEM, ENFILE, EMFILE, ENOSPC, EADDRINUSE, EADDRNOTAVAIL, ENOBUFS
		return Exhausted
	}
	return Invalid
}

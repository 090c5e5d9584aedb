package evidence

// platforms translates error numbers of other systems to Linux's. Within a log of a
// socket call no number means two things: what Linux has at BSD's 35 to 65 and at
// 126 to 148 comes from no socket call.
var platforms = map[int]int{
	// FreeBSD, macOS: sys/errno.h.
	35: 11, 41: 91, 47: 97, 48: 98, 49: 99, 50: 100, 51: 101, 53: 103, 54: 104, 55: 105, 57: 107,
	60: 110, 61: 111, 62: 40, 64: 112, 65: 113,
	// Solaris and illumos; Linux on MIPS has the same ones.
	126: 99, 127: 100, 128: 101, 130: 103, 131: 104, 132: 105, 134: 107, 145: 110, 146: 111, 147: 112, 148: 113,
	// Windows: winsock2.h.
	10013: 13, 10024: 24, 10035: 11, 10041: 91, 10047: 97, 10048: 98, 10049: 99, 10050: 100, 10051: 101, 10052: 104,
	10053: 103, 10054: 104, 10055: 105, 10057: 107, 10058: 32, 10060: 110, 10061: 111, 10064: 112, 10065: 113,
}

// LinuxErrno translates the error number of a socket call on any system to Linux's.
func LinuxErrno(n int) int {
	if linux, ok := platforms[n]; ok {
		return linux
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

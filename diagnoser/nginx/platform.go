package nginx

import "strings"

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

// windowsFiles translates what Windows' file calls return (winerror.h).
var windowsFiles = map[int]int{3: 2, 5: 13, 19: 30, 32: 16, 33: 16, 39: 28, 112: 28}

// linuxErrno translates an error number of the message's system call.
func linuxErrno(message string, n int) int {
	table := platforms
	for _, call := range []string{"CreateFile(", "ReadFile(", "WriteFile(", "MoveFile", "DeleteFile("} {
		if strings.HasPrefix(message, call) {
			table = windowsFiles
		}
	}
	if linux, ok := table[n]; ok {
		return linux
	}
	return n
}

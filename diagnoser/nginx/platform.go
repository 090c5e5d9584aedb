package nginx

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// windowsFiles translates what Windows' file calls return (winerror.h).
var windowsFiles = map[int]int{3: 2, 5: 13, 19: 30, 32: 16, 33: 16, 39: 28, 112: 28}

// linuxErrno translates an error number of the message's system call.
func linuxErrno(message string, n int, text string) int {
	for _, call := range []string{"CreateFile(", "ReadFile(", "WriteFile(", "MoveFile", "DeleteFile("} {
		if !strings.HasPrefix(message, call) {
			continue
		}
		if linux, ok := windowsFiles[n]; ok {
			return linux
		}
		return n
	}
	return evidence.LinuxErrno(n, text)
}

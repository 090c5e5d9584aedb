package nginx

import (
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// The number decides, in the numbering of the system that its text tells of: Linux's where that tells nothing.
func TestErrnoOfPlatforms(t *testing.T) {
	for _, c := range []struct {
		system, message string
		errno           int
		outcome         string
	}{
		{"Linux, musl", "connect() failed (111: Unknown error) while connecting to upstream", 111, evidence.Refused},
		{"macOS", "kevent() reported that connect() failed (61: Connection refused) while connecting to upstream", 111, evidence.Refused},
		{"macOS, own timer", "upstream timed out (60: Operation timed out) while connecting to upstream", 110, evidence.TimedOut},
		{"FreeBSD", "connect() to 192.0.2.1:80 failed (65: No route to host) while connecting to upstream", 113, evidence.Unreachable},
		{"FreeBSD, reset", "kevent() reported about an closed connection (54: Connection reset by peer) while reading response header from upstream", 104, evidence.Reset},
		{"macOS, full queue", "connect() to unix:/tmp/a.sock failed (35: Resource temporarily unavailable) while connecting to upstream", 11, evidence.Exhausted},
		{"macOS, reset", "recv() failed (54: Connection reset by peer) while reading response header from upstream", 104, evidence.Reset},
		{"macOS, no address", "connect() to 192.0.2.1:80 failed (49: Can't assign requested address) while connecting to upstream", 99, evidence.Exhausted},
		{"macOS, network", "connect() to 192.0.2.1:80 failed (51: Network is unreachable) while connecting to upstream", 101, evidence.Unreachable},
		{"Linux, musl, timer", "upstream timed out (110: Operation timed out) while connecting to upstream", 110, evidence.TimedOut},
		{"Linux, musl, refused", "connect() failed (111: Connection refused) while connecting to upstream", 111, evidence.Refused},
		{"Linux, musl, reset", "recv() failed (104: Connection reset by peer) while reading response header from upstream", 104, evidence.Reset},
		{"Linux, musl, no route", "connect() failed (113: Host is unreachable) while connecting to upstream", 113, evidence.Unreachable},
		{"Linux, ENODATA", "recv() failed (61: No data available) while reading response header from upstream", 61, evidence.Invalid},
		{"Linux, EXFULL", "recv() failed (54: Exchange full) while reading response header from upstream", 54, evidence.Invalid},
		{"Linux, ENOSTR", "recv() failed (60: Device not a stream) while reading response header from upstream", 60, evidence.Invalid},
		{"Linux, EDEADLK", "send() failed (35: Resource deadlock avoided) while sending request to upstream", 35, evidence.Invalid},
		{"Linux, ENOPKG", "connect() failed (65: Package not installed) while connecting to upstream", 65, evidence.Invalid},
		{"nobody says", "connect() failed (61: x) while connecting to upstream", 61, evidence.Invalid},
		{"Linux, MIPS", "upstream timed out (145: Connection timed out) while connecting to upstream", 110, evidence.TimedOut},
		{"illumos", "connect() failed (146: Connection refused) while connecting to upstream", 111, evidence.Refused},
		{"Windows", "connect() failed (10061: 由于目标计算机积极拒绝，无法连接。) while connecting to upstream", 111, evidence.Refused},
		{"Windows, own timer", "upstream timed out (10060: FormatMessage() error:(15105)) while reading response header from upstream", 110, evidence.TimedOut},
		{"Windows, reset", "WSARecv() failed (10054: An existing connection was forcibly closed) while reading response header from upstream", 104, evidence.Reset},
		{"Windows, send", "WSASend() failed (10053: An established connection was aborted) while sending request to upstream", 103, evidence.Reset},
		{"Windows, disk", `WriteFile() "C:\nginx/temp/proxy_temp/1" failed (112: There is not enough space) while reading upstream`, 28, evidence.Exhausted},
		{"Windows, file", `CreateFile() "C:\nginx/temp/proxy_temp/1" failed (5: Access is denied) while reading upstream`, 13, evidence.Denied},
	} {
		record := "2026/03/14 09:15:02 [error] 31#31: *7 " + c.message + `, client: 192.0.2.7, server: a, request: "GET / HTTP/1.1", upstream: "http://192.0.2.1:80/", host: "a"`
		events, _, _ := scan(t, strings.NewReader(record+"\n"))
		if len(events) != 1 || events[0].Errno != c.errno || events[0].Outcome != c.outcome {
			t.Errorf("%s: got %+v, want errno %d, %s", c.system, events, c.errno, c.outcome)
		}
	}
}

package paste

import (
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// netstat prints "tcp 0 0 127.0.0.1:8000 0.0.0.0:* LISTEN 7/node" on Linux, "tcp4 0 0 127.0.0.1.8000 *.* LISTEN" on
// BSD and macOS, "TCP 127.0.0.1:8000 0.0.0.0:0 LISTENING 7" on Windows.
var _ = register("netstat", func(f *facts) taker {
	return func(l line) bool {
		if l.prompt {
			f.listing(l, "netstat")
			return false
		}
		kind := strings.ToLower(l.field(0))
		switch {
		case strings.HasPrefix(kind, "tcp"):
			return f.netstatTCP(l, kind)
		case kind == "unix" && strings.Contains(l.text, "LISTENING"):
			return f.netstatUnix(l)
		}
		return false
	}
})

func (f *facts) netstatTCP(l line, kind string) bool {
	if l.field(2) != "" && strings.HasPrefix(l.field(3), "LISTENING") { // Windows
		pid, _ := strconv.Atoi(l.field(4))
		f.host.Listeners = append(f.host.Listeners, evidence.Listener{Network: "tcp", Address: anyHost(l.field(1)), PID: pid})
		return true
	}
	if len(l.fields) < 6 || l.field(5) != "LISTEN" {
		return false
	}
	address := l.field(3)
	if kind == "tcp4" || kind == "tcp46" || kind == "tcp6" && strings.Contains(address, ".") && !strings.Contains(address, ":") {
		if at := strings.LastIndexByte(address, '.'); at > 0 { // BSD: the port behind a dot
			address = address[:at] + ":" + address[at+1:]
		}
		if kind == "tcp4" {
			address = strings.Replace(address, "*:", "0.0.0.0:", 1)
		}
	}
	s := evidence.Listener{Network: "tcp", Address: anyHost(address)}
	s.PID, s.Process = pidAndName(l.field(6))
	queue, _ := strconv.ParseUint(l.field(1), 10, 32)
	s.Queue = uint32(queue)
	f.host.Listeners = append(f.host.Listeners, s)
	return true
}

func (f *facts) netstatUnix(l line) bool {
	s := evidence.Listener{Network: "unix", Address: l.fields[len(l.fields)-1]}
	for _, w := range l.fields {
		if pid, name := pidAndName(w); pid > 0 && name != "" {
			s.PID, s.Process = pid, name
		}
	}
	f.host.Listeners = append(f.host.Listeners, s)
	return true
}

// pidAndName reads "7/node:".
func pidAndName(s string) (int, string) {
	number, name, _ := strings.Cut(s, "/")
	pid, err := strconv.Atoi(number)
	if err != nil {
		return 0, ""
	}
	return pid, strings.TrimSuffix(name, ":")
}

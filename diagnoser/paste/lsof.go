package paste

import (
	"regexp"
	"strconv"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// lsofListen is "node 7 app 18u IPv4 0x1 0t0 TCP 127.0.0.1:8000 (LISTEN)"; lsof(8).
var lsofListen = regexp.MustCompile(`^(\S+)\s+(\d+)\s+\S+\s+\S+\s+(IPv[46])\s+\S+\s+\S+\s+TCP\s+(\S+) \(LISTEN\)`)

var _ = register("lsof", func(f *facts) taker {
	return func(l line) bool {
		m := lsofListen.FindStringSubmatch(l.text)
		if m == nil {
			return false
		}
		s := evidence.Listener{Network: "tcp", Address: anyHost(m[4]), Process: m[1]}
		if m[3] == "IPv4" && s.Address[0] == '[' {
			s.Address = "0.0.0.0" + s.Address[len("[::]"):]
		}
		s.PID, _ = strconv.Atoi(m[2])
		f.host.Listeners = append(f.host.Listeners, s)
		return true
	}
})

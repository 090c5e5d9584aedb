package paste

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var ssUsers = regexp.MustCompile(`users:\(\("([^"]+)",(?:pid=)?(\d+)`)

// ss prints "LISTEN 0 128 127.0.0.1:8000 0.0.0.0:* users:(("node",pid=7,fd=18))", with the kind of socket
// before it where several were asked for; ss(8).
var _ = register("ss", func(f *facts) taker {
	return func(l line) bool {
		if l.prompt {
			f.listing(l, "ss")
			return false
		}
		fields := l.fields
		unix := strings.HasPrefix(l.field(0), "u_")
		if unix || l.field(0) == "tcp" || l.field(0) == "tcp6" {
			fields = fields[1:]
		}
		if len(fields) < 4 || fields[0] != "LISTEN" {
			return false
		}
		queue, err := strconv.ParseUint(fields[1], 10, 32)
		limit, err2 := strconv.ParseUint(fields[2], 10, 32)
		if err != nil || err2 != nil {
			return false
		}
		s := evidence.Listener{Network: "tcp", Address: anyHost(fields[3]), Queue: uint32(queue), Backlog: uint32(limit)}
		if unix || strings.HasPrefix(fields[3], "/") || strings.HasPrefix(fields[3], "@") {
			s.Network, s.Address = "unix", fields[3]
		}
		s.V6Only = strings.Contains(l.text, "v6only:1")
		if m := ssUsers.FindStringSubmatch(l.text); m != nil {
			s.Process = m[1]
			s.PID, _ = strconv.Atoi(m[2])
		}
		f.host.Listeners = append(f.host.Listeners, s)
		return true
	}
})

// listing notes that a command lists all listeners: listening ones asked for, no filter.
func (f *facts) listing(l line, name string) {
	if !l.ran(name) || l.has("|", "sport", "grep", "state", "dst", "src") || strings.ContainsAny(strings.Join(l.command, " "), "|'\"") {
		return
	}
	var flags string
	for _, w := range l.command[1:] {
		if !strings.HasPrefix(w, "-") {
			return
		}
		flags += w
	}
	if !strings.Contains(flags, "l") && !(name == "netstat" && strings.Contains(flags, "a")) {
		return
	}
	if !strings.Contains(flags, "x") {
		f.whole["tcp listeners"] = true
	}
	if !strings.Contains(flags, "t") && (strings.Contains(flags, "x") || !strings.Contains(flags, "u")) {
		f.whole["unix listeners"] = true
	}
}

// anyHost writes an address as evidence does: "*:80" and ":::80" are [::]:80, an IPv6 one has brackets.
func anyHost(s string) string {
	at := strings.LastIndexByte(s, ':')
	if at < 0 {
		return s
	}
	host, port := s[:at], portNumber(s[at+1:])
	host, _, _ = strings.Cut(strings.Trim(host, "[]"), "%")
	switch {
	case host == "*", host == "::", host == "":
		host = "[::]"
	case strings.HasPrefix(host, "::ffff:"):
		host = strings.TrimPrefix(host, "::ffff:")
	case strings.Contains(host, ":"):
		host = "[" + host + "]"
	case host == "localhost":
		host = "127.0.0.1"
	}
	return host + ":" + port
}

// services are the names that commands print for ports without -n.
var services = map[string]string{"http": "80", "https": "443", "http-alt": "8080", "webcache": "8080", "cslistener": "9000", "commplex-main": "5000",
	"irdmi": "8000", "mysql": "3306", "postgresql": "5432", "ssh": "22", "domain": "53", "smtp": "25", "pcsync-https": "8443", "redis": "6379", "wap-wsp": "9200"}

func portNumber(s string) string {
	if n, ok := services[s]; ok {
		return n
	}
	return s
}

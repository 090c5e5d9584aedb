package simulator

import (
	"fmt"
	"net"
	"path"
	"strings"
)

// address is where a server listens.
type address struct {
	network string // "tcp" or "unix"
	addr    string // "127.0.0.1:9000", "/run/app.sock"
}

func parseAddress(s string) (address, error) {
	network, addr, _ := strings.Cut(s, ":")
	a := address{network, addr}
	switch network {
	case "tcp":
		if _, _, err := net.SplitHostPort(addr); err != nil {
			return a, fmt.Errorf("listen on %q: %w", s, err)
		}
	case "unix":
		// 107 is what fits into sockaddr_un beside its closing NUL (unix(7)).
		if !path.IsAbs(addr) || len(addr) > 107 {
			return a, fmt.Errorf("listen on %q: want an absolute path of at most 107 bytes", s)
		}
	default:
		return a, fmt.Errorf("listen on %q: want tcp:host:port or unix:/path", s)
	}
	return a, nil
}

func (a address) String() string { return a.network + ":" + a.addr }

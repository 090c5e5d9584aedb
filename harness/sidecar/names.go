package sidecar

import (
	"os"
	"strconv"
	"strings"
)

// gid looks a group up in the proxy's own /etc/group; a number is taken as it is.
func (s *Server) gid(group string) (int, error) {
	if n, err := strconv.Atoi(group); err == nil {
		return n, nil
	}
	data, err := os.ReadFile(s.path("/etc/group"))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) > 2 && f[0] == group {
			return strconv.Atoi(f[2])
		}
	}
	return 0, refuse("set permission: unknown group %q", group)
}

package host

import (
	"errors"
	"io/fs"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/host/rootfs"
)

// names translates IDs as the proxy's own user database does; os/user would ask that
// of the observer, which in a pod is another file or none.
type names struct {
	users, groups map[uint32]string
}

func readNames(root string, unread func(string, error, string)) names {
	read := func(name string) map[uint32]string {
		text, err := rootfs.ReadFile(root, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			unread(name, err, "CAP_DAC_READ_SEARCH")
		}
		return parseNames(string(text))
	}
	return names{users: read("/etc/passwd"), groups: read("/etc/group")}
}

// GroupID looks a group up in the /etc/group below root.
func GroupID(root, group string) (uint32, bool) {
	for id, name := range readNames(root, func(string, error, string) {}).groups {
		if name == group {
			return id, true
		}
	}
	return 0, false
}

// parseNames reads the form that passwd(5) and group(5) share: name, password, ID. The
// first line of an ID counts, as in getpwuid(3).
func parseNames(text string) map[uint32]string {
	out := map[uint32]string{}
	for line := range strings.Lines(text) {
		field := strings.SplitN(strings.TrimRight(line, "\n"), ":", 4)
		if len(field) < 3 || field[0] == "" || field[0][0] == '#' {
			continue
		}
		id, err := strconv.ParseUint(field[2], 10, 32)
		if err != nil {
			continue
		}
		if _, taken := out[uint32(id)]; !taken {
			out[uint32(id)] = field[0]
		}
	}
	return out
}

package paste

import (
	"io/fs"
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// getfacl prints "# file: run/app.sock", "# owner: app" and entries "user:www-data:rw-"; getfacl(1).
var (
	aclHead  = regexp.MustCompile(`^\s*# (file|owner|group): (\S+)$`)
	aclEntry = regexp.MustCompile(`^\s*(user|group|mask|other):([\w.-]*):([-rwx]{3})\b`)
)

var _ = register("getfacl", func(f *facts) taker {
	var n *evidence.PathNode
	return func(l line) bool {
		if m := aclHead.FindStringSubmatch(l.text); m != nil {
			switch {
			case m[1] == "file":
				path := "/" + strings.TrimPrefix(m[2], "/")
				f.addNode(evidence.PathNode{Path: path, Kind: kindOf(path)})
				n = f.nodeOf(path)
			case n != nil && m[1] == "owner":
				n.User = m[2]
			case n != nil:
				n.Group = m[2]
			}
			return true
		}
		m := aclEntry.FindStringSubmatch(l.text)
		if m == nil || n == nil || l.prompt {
			return false
		}
		grant(n, m[1], m[2], bits(m[3]+"------")>>6)
		return true
	}
})

// grant writes an entry into the mode, or beside it where it names somebody.
func grant(n *evidence.PathNode, kind, name string, mode fs.FileMode) {
	switch {
	case name != "" || kind == "mask":
		n.ACL = append(n.ACL, evidence.ACLEntry{Kind: kind, Name: name, Mode: mode})
	case kind == "user":
		n.Mode |= mode << 6
	case kind == "group":
		n.Mode |= mode << 3
	default:
		n.Mode |= mode
	}
}

// nodeOf returns the file that addNode added.
func (f *facts) nodeOf(path string) *evidence.PathNode {
	for i := range f.host.Paths {
		if p := &f.host.Paths[i]; p.Path == path && len(p.Nodes) > 0 {
			return &p.Nodes[len(p.Nodes)-1]
		}
	}
	return nil
}

// kindOf guesses by the name: getfacl does not say.
func kindOf(path string) string {
	if strings.HasSuffix(path, ".sock") || strings.HasSuffix(path, ".socket") {
		return "socket"
	}
	return "directory"
}

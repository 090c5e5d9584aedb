package paste

import (
	"regexp"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// stat prints "File: /run/app.sock" and, three lines on, "Access: (0660/srw-rw----)  Uid: ( 0/ root) Gid: ( 33/www-data)"; stat(1).
var (
	statFile   = regexp.MustCompile(`^\s*File: ['"‘` + "`" + `]?(/[^'"’]+?)['"’]?$`)
	statAccess = regexp.MustCompile(`^\s*Access: \(\d+/([-dlscbp])([-rwxsStT]{9})\)\s+Uid: \(\s*(\d+)/\s*(\S+?)\)\s+Gid: \(\s*(\d+)/\s*(\S+?)\)`)
)

var _ = register("stat", func(f *facts) taker {
	var file string
	return func(l line) bool {
		if m := statFile.FindStringSubmatch(l.text); m != nil {
			file = m[1]
			return true
		}
		m := statAccess.FindStringSubmatch(l.text)
		if m == nil || file == "" {
			return false
		}
		f.ids.pair(f.ids.users, m[4], m[3])
		f.ids.pair(f.ids.groups, m[6], m[5])
		f.addNode(evidence.PathNode{Path: file, Kind: kinds[m[1][0]], Mode: bits(m[2]), User: m[4], Group: m[6]})
		file = ""
		return true
	}
})

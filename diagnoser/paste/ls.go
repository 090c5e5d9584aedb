package paste

import (
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var (
	// lsLine is "srw-rw---- 1 root www-data 0 Jan 2 15:04 app.sock", with -Z and -i variants.
	lsLine = regexp.MustCompile(`^\s*(?:\d+\s+)?([-dlscbp][-rwxsStT]{9})([.+@]?)\s+(?:\d+\s+)?(\S+)\s+(\S+)\s+(.*)$`)
	linked = regexp.MustCompile(`^\s*(?:\d+\s+)?\S{10}[.+@]?\s+\d+\s+[a-z_]`)
	lsZ    = regexp.MustCompile(`\w+:object_r:\w+:s0\S*`)
	// lsName is the name behind the date: English months, ISO dates, or others' words for months.
	lsName = regexp.MustCompile(`(?:\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: [+-]\d{4})?|\s(?:19|20)\d{2})\s+(\S.*)$`)
)

// ls prints modes of files; the directory is that of the command, or of the line "/run/php:" before.
var _ = register("ls", func(f *facts) taker {
	var dir string
	return func(l line) bool {
		if l.prompt {
			dir = ""
			if l.ran("ls", "ll") {
				dir = lastPath(l.command)
			}
			return false
		}
		if d, ok := strings.CutSuffix(l.text, ":"); ok && strings.HasPrefix(d, "/") && !strings.ContainsAny(d, " \t") {
			dir = d
			return true
		}
		m := lsLine.FindStringSubmatch(l.text)
		if m == nil {
			return missingFile(f, l)
		}
		if !linked.MatchString(l.text) && !lsName.MatchString(m[5]) {
			return false // a line of namei
		}
		rest := lsZ.ReplaceAllString(m[5], "")
		name := rest[strings.LastIndexByte(rest, ' ')+1:]
		if n := lsName.FindStringSubmatch(m[5]); n != nil {
			name = n[1]
		}
		name, _, _ = strings.Cut(name, " -> ")
		name = strings.TrimSuffix(strings.Trim(name, "'\""), "=")
		if !strings.HasPrefix(name, "/") && dir != "" && path.Base(dir) != name {
			name = path.Join(dir, name)
		} else if dir != "" && path.Base(dir) == name {
			name = dir
		}
		f.addNode(evidence.PathNode{Path: path.Clean(name), Kind: kinds[m[1][0]], Mode: bits(m[1][1:]), User: m[3], Group: m[4]})
		return true
	}
})

var kinds = map[byte]string{'d': "directory", 's': "socket", '-': "file", 'l': "symlink", 'c': "other", 'b': "other", 'p': "other"}

var noSuch = regexp.MustCompile(`(?:cannot access|cannot stat|cannot statx|cannot open|failed to stat)[ :]+['"‘]?(/[^'"’:]+)['"’]?: No such file or directory`)

// missingFile reads what commands say of a file that is not there.
func missingFile(f *facts, l line) bool {
	m := noSuch.FindStringSubmatch(l.text)
	if m == nil {
		return false
	}
	f.addNode(evidence.PathNode{Path: m[1], Kind: "missing"})
	return true
}

// addNode adds a file to the path that it is the end of.
func (f *facts) addNode(n evidence.PathNode) {
	for i := range f.host.Paths {
		p := &f.host.Paths[i]
		if p.Path == n.Path && len(p.Nodes) == 1 {
			n.ACL = p.Nodes[0].ACL
			p.Nodes[0] = n
			return
		}
	}
	f.host.Paths = append(f.host.Paths, evidence.Path{Path: n.Path, Nodes: []evidence.PathNode{n}})
}

// bits reads "rw-rw----".
func bits(s string) (mode fs.FileMode) {
	for i := range 9 {
		mode <<= 1
		if c := s[i]; c != '-' && c != 'S' && c != 'T' {
			mode |= 1
		}
	}
	return mode
}

// lastPath is the last word of a command that is an absolute path, "" without one.
func lastPath(words []string) string {
	for i := len(words) - 1; i > 0; i-- {
		if strings.HasPrefix(words[i], "/") {
			return path.Clean(strings.Trim(words[i], "'\""))
		}
	}
	return ""
}

package paste

import (
	"path"
	"regexp"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// nameiLine is " drwxr-x--- app app home" behind "f: /home/app/app.sock"; namei(1) with -l.
var (
	nameiHead = regexp.MustCompile(`^f: (/\S+)$`)
	nameiLine = regexp.MustCompile(`^\s*([-dlscbp])([-rwxsStT]{9})[.+]?\s+(\S+)\s+(\S+)\s+(\S+)$`)
	nameiGone = regexp.MustCompile(`^\s+(\S+) - No such file or directory$`)
)

var _ = register("namei", func(f *facts) taker {
	var p *evidence.Path
	var at string
	end := func(n evidence.PathNode) bool {
		p.Nodes = append(p.Nodes, n)
		if n.Path == p.Path || n.Kind == "missing" {
			f.replacePath(*p)
			p = nil
		}
		return true
	}
	return func(l line) bool {
		if m := nameiHead.FindStringSubmatch(l.text); m != nil {
			p, at = &evidence.Path{Path: m[1]}, "/"
			return true
		}
		if p == nil || l.prompt {
			p = nil
			return false
		}
		if m := nameiGone.FindStringSubmatch(l.text); m != nil {
			return end(evidence.PathNode{Path: path.Join(at, m[1]), Kind: "missing"})
		}
		m := nameiLine.FindStringSubmatch(l.text)
		if m == nil {
			p = nil
			return false
		}
		at = path.Join(at, m[5])
		return end(evidence.PathNode{Path: at, Kind: kinds[m[1][0]], Mode: bits(m[2]), User: m[3], Group: m[4]})
	}
})

// replacePath puts a path that was walked whole in the place of what is known of its end.
func (f *facts) replacePath(p evidence.Path) {
	for i := range f.host.Paths {
		if f.host.Paths[i].Path == p.Path {
			f.host.Paths[i] = p
			return
		}
	}
	f.host.Paths = append(f.host.Paths, p)
}

package diagnoser

import (
	"regexp"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// uwsgiSocket is a line of uWSGI's settings or options that opens a socket, and what it speaks there.
type uwsgiSocket struct{ http, port, text string }

// uwsgiLine is "socket = :3031", "http-socket = 0.0.0.0:8000", "--http :8080" and their like.
var uwsgiLine = regexp.MustCompile(`(?:^\s*(?:--)?|uwsgi\b.*\s--)(http|http[-_]socket|socket|uwsgi[-_]socket)\s*[= ]\s*"?(?:[\w.*\[\]-]*:(\d{2,5})\b|(?:unix:)?/\S+)`)

// keepUWSGI remembers the sockets that uWSGI was told to open, at most 8 of them.
func (r *Reading) keepUWSGI(text []byte) {
	m := uwsgiLine.FindSubmatch(text)
	if m == nil || len(r.uwsgis) >= 8 {
		return
	}
	s := uwsgiSocket{port: string(m[2]), text: strings.TrimSpace(string(text[:min(len(text), 120)]))}
	if strings.HasPrefix(string(m[1]), "http") {
		s.http = "http"
	}
	r.uwsgis = append(r.uwsgis, s)
}

// socketOf tells of a backend that is uWSGI and speaks the other one of uwsgi and HTTP at the place that the proxy asks: it was told
// so, or listens there as a process. Nil where nothing says so, or something says otherwise.
func (in *inquiry) socketOf(g *group) (found *Fact) {
	web := g.target.Protocol == "http" || g.target.Protocol == "https"
	if !in.blind() || !web && g.target.Protocol != "uwsgi" {
		return nil
	}
	for _, s := range in.uwsgis {
		if s.port != "" && g.tcp() && s.port != portIn(g.target.Address) {
			continue
		}
		if (s.http != "") == web {
			return nil
		}
		f := fact(fromFile, "uWSGI was told %q, and the proxy speaks %s", s.text, g.target.Protocol)
		found = &f
	}
	if l := in.listener(g.target); found == nil && l != nil && l.Process == "uwsgi" && web && g.Outcome == evidence.ClosedEarly {
		f := fact(fromSocket, "%s listens, which speaks its own protocol unless told otherwise", describe(*l))
		found = &f
	}
	return found
}

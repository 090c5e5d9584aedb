package nginx

import (
	"net/url"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// Upstream is the upstream field of a record, taken apart.
type Upstream struct {
	evidence.Target        // Address is a group's name where no peer was chosen
	URI             string // as the backend was asked, where the protocol carries one
}

// ParseUpstream takes a logged upstream apart: "http://127.0.0.1:8000/x",
// "fastcgi://unix:/run/app.sock:", "http://unix:/run/app.sock:/x". A timeout is
// logged without the second colon, "http://unix:/run/app.sock/x", because the
// peer is gone by then: where the path ends is told by the paths that the
// configuration names, by the request's URI, or by the usual ending ".sock".
func ParseUpstream(e evidence.Event, paths []string) (Upstream, bool) {
	protocol, rest, ok := strings.Cut(e.Upstream, "://")
	if !ok {
		if t, ok := bareAddress(e.Upstream); ok {
			return Upstream{Target: t}, true
		}
		t, ok := dialed(e.Message)
		return Upstream{Target: t}, ok
	}
	u := Upstream{Target: evidence.Target{Protocol: protocol, Network: "tcp"}}
	if path, unix := strings.CutPrefix(rest, "unix:"); unix {
		u.Network = "unix"
		u.Address, u.URI = splitUnix(path, e.Request, paths)
		return u, u.Address != ""
	}
	at := strings.IndexAny(rest, "/?")
	if at < 0 {
		at = len(rest)
	}
	u.Address, u.URI = rest[:at], rest[at:]
	return u, u.Address != ""
}

func splitUnix(s, request string, paths []string) (path, uri string) {
	best := ""
	for _, p := range paths {
		if strings.HasPrefix(s, p) && len(p) > len(best) && endsAt(s, len(p)) {
			best = p
		}
	}
	if best != "" {
		return best, strings.TrimPrefix(s[len(best):], ":")
	}
	if at := strings.Index(s, ":"); at >= 0 {
		return s[:at], s[at+1:]
	}
	if uri := RequestURI(request); len(uri) > 1 && strings.HasSuffix(s, uri) && len(s) > len(uri) {
		return s[:len(s)-len(uri)], uri
	}
	for _, suffix := range []string{".sock", ".socket"} {
		if at := strings.Index(s, suffix+"/"); at >= 0 {
			return s[:at+len(suffix)], s[at+len(suffix):]
		}
	}
	return strings.TrimSuffix(s, "/"), ""
}

func endsAt(s string, n int) bool {
	return len(s) == n || s[n] == ':' || s[n] == '/' || s[n] == '?'
}

// RequestMethod is the method of a logged request line.
func RequestMethod(request string) string {
	method, _, _ := strings.Cut(request, " ")
	return method
}

// RequestURI is the path and query of a logged request line, which is the
// client's; an absolute form is reduced to them.
func RequestURI(request string) string {
	_, rest, ok := strings.Cut(request, " ")
	if !ok {
		return ""
	}
	if at := strings.LastIndex(rest, " HTTP/"); at >= 0 {
		rest = rest[:at]
	}
	if strings.HasPrefix(rest, "/") {
		return rest
	}
	if u, err := url.Parse(rest); err == nil && u.Host != "" {
		return u.RequestURI()
	}
	return ""
}

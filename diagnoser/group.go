package diagnoser

import (
	"bytes"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

const (
	// groupsMax bounds the groups kept; events of further ones are counted together by signature.
	groupsMax = 1024
	// memoMax bounds the remembered requests whose location is known.
	memoMax = 8192
	// connsMax bounds the connections remembered of one group.
	connsMax = 64
)

// group is a number of like events: one signature, one upstream, one place in the
// configuration. It is what a rule judges.
type group struct {
	evidence.Event // the first of them
	target         evidence.Target
	uri            string      // as the backend was asked, of a request that is safe to repeat
	asked          bool        // uri is such a request's
	pass           *nginx.Pass // the most likely one; nil without a configuration
	page           string      // the path of the error_page that was asked for, where it was no client's request
	log            string
	count          int64
	unsafe         int64 // requests that nginx does not repeat: POST, LOCK, PATCH
	last           time.Time
	lastLine       int64
	conns          map[int64]bool // the first connections, to join records of one request
	told           []*told        // what the access log tells of the same attempts
}

type groupKey struct {
	proxy, signature, detail, phase, outcome, server, target string
	errno                                                    int
	immediate, timer                                         bool
	pass                                                     *nginx.Pass
	page                                                     string
}

// groups collects events, bounded in memory.
type groups struct {
	config *nginx.Config
	paths  []string
	byKey  map[groupKey]*group
	list   []*group // in order of first appearance
	memo   map[memoKey]*nginx.Pass
	pages  map[string]bool // the paths that error_page directives name
	// together counts the events of kinds beyond groupsMax.
	together int64
}

// memoKey is what decides through which pass a request went.
type memoKey struct {
	target  evidence.Target
	server  string
	request string // without its query
}

func newGroups(config *nginx.Config) *groups {
	return &groups{config: config, paths: config.UnixPaths(), byKey: map[groupKey]*group{}, memo: map[memoKey]*nginx.Pass{}, pages: errorPages(config)}
}

func (gs *groups) add(log string, e evidence.Event) *group {
	u, _ := nginx.ParseUpstream(e, gs.paths)
	pass := gs.passOf(e, u.Target)
	key := groupKey{e.Proxy, e.Signature, detail(e), e.Phase, e.Outcome, e.Server, u.Target.String(), e.Errno, e.Immediate, e.Timer, pass, gs.pageOf(e, u.URI)}
	g := gs.byKey[key]
	if g == nil && len(gs.list) >= groupsMax {
		key = groupKey{proxy: e.Proxy, signature: e.Signature, phase: e.Phase, outcome: e.Outcome, errno: e.Errno}
		g = gs.byKey[key]
		gs.together++
	}
	if g == nil {
		g = &group{Event: e, target: u.Target, pass: pass, page: key.page, log: log, conns: map[int64]bool{}}
		gs.byKey[key] = g
		gs.list = append(gs.list, g)
	}
	g.take(e, u.URI)
	return g
}

// like adds the first of several like events, and returns what adds the others.
func (gs *groups) like(log string, e evidence.Event) func(nginx.Repeat) {
	together := gs.together
	g := gs.add(log, e)
	if gs.together > together {
		return func(r nginx.Repeat) { gs.together++; g.again(r) }
	}
	if len(gs.pages) > 0 {
		return func(r nginx.Repeat) { gs.add(log, r.Event()) }
	}
	if len(gs.config.PassesTo(e, g.target)) < 2 {
		return g.again
	}
	return func(r nginx.Repeat) {
		if pass, ok := gs.memo[memoKey{g.target, g.Server, string(beforeQuery(r.Request))}]; ok && pass == g.pass {
			g.again(r)
			return
		}
		gs.add(log, r.Event())
	}
}

func beforeQuery(request []byte) []byte {
	before, _, _ := bytes.Cut(request, []byte("?"))
	return before
}

// again counts an event like the first one.
func (g *group) again(r nginx.Repeat) {
	if len(g.conns) < connsMax || !g.asked && !unsafeMethod(r.Request) {
		e := r.Event()
		u, _ := nginx.ParseUpstream(e, nil)
		g.take(e, u.URI)
		return
	}
	g.count++
	g.lastLine = max(g.lastLine, r.Line)
	if r.Time.After(g.last) {
		g.last = r.Time
	}
	if unsafeMethod(r.Request) {
		g.unsafe++
	}
}

// unsafeMethod tells whether nginx does not repeat a request: POST, LOCK, PATCH.
func unsafeMethod(request []byte) bool {
	if len(request) > 0 && request[0] == 'G' { // nearly all are GET
		return false
	}
	return bytes.HasPrefix(request, []byte("POST ")) || bytes.HasPrefix(request, []byte("LOCK ")) || bytes.HasPrefix(request, []byte("PATCH "))
}

func (g *group) take(e evidence.Event, uri string) {
	g.count++
	g.lastLine = max(g.lastLine, e.Line)
	if e.Time.After(g.last) {
		g.last = e.Time
	}
	if len(g.conns) < connsMax {
		g.conns[e.Conn] = true
	}
	if method := nginx.RequestMethod(e.Request); method == "POST" || method == "LOCK" || method == "PATCH" {
		g.unsafe++
	} else if !g.asked {
		g.asked, g.uri = true, uri
	}
	if g.uri == "" {
		g.uri = uri
	}
	if g.uri == "" {
		g.uri = nginx.RequestURI(e.Request)
	}
}

// detail keeps apart events whose message says more than their signature: numbers
// that decode, known texts on FastCGI's stderr.
func detail(e evidence.Event) string {
	switch e.Signature {
	case "fastcgi version", "http2 frame size", "http2 stream error", "tls handshake", "tls read", "tls certificate", "not resolved", "host not found":
		message, _, _ := strings.Cut(e.Message, " while ")
		return message
	case "fastcgi stderr":
		return stderrKind(e.Message)
	}
	return ""
}

// passOf finds the pass that an event's request went through, remembering requests.
func (gs *groups) passOf(e evidence.Event, t evidence.Target) *nginx.Pass {
	if t.Address == "" || e.Proxy != "" || len(gs.config.Passes()) == 0 {
		return nil
	}
	uri, _, _ := strings.Cut(e.Request, "?")
	key := memoKey{t, e.Server, uri}
	if p, ok := gs.memo[key]; ok {
		return p
	}
	var pass *nginx.Pass
	if all := gs.config.PassesTo(e, t); len(all) > 0 {
		pass = all[0]
	}
	if len(gs.memo) < memoMax {
		gs.memo[key] = pass
	}
	return pass
}

// passFor is the pass of a group, or the only one there is where the record names no upstream.
func (in *inquiry) passFor(g *group) *nginx.Pass {
	if all := in.config.Passes(); g.pass == nil && !g.known() && len(all) == 1 {
		return all[0]
	}
	return g.pass
}

// known tells whether the record named an upstream.
func (g *group) known() bool { return g.target.Address != "" }

// notUnix tells whether the backend is reached by TCP for all that the record says.
func (g *group) notUnix() bool { return !g.unix() }

func (g *group) tcp() bool  { return g.known() && g.target.Network == "tcp" }
func (g *group) unix() bool { return g.known() && g.target.Network == "unix" }

// is tells whether the events are of one phase and outcome.
func (g *group) is(phase, outcome string) bool { return g.Phase == phase && g.Outcome == outcome }

// died tells whether the connection ended in the middle of a request.
func (g *group) died() bool {
	return (g.Outcome == evidence.ClosedEarly || g.Outcome == evidence.Reset) && g.Phase != evidence.Connecting && g.Phase != evidence.Handshaking
}

// late tells whether the answer took longer than the proxy waits.
func (g *group) late() bool {
	return g.Outcome == evidence.TimedOut && (g.Phase == evidence.ReadingHeader || g.Phase == evidence.Sending)
}

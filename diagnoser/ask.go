package diagnoser

import (
	"slices"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

const (
	// questionsMax bounds the direct probes of one diagnosis, candidatesMax the short ones among them.
	questionsMax  = 16
	candidatesMax = 8
	// askWait is how long a backend may take. Where the proxy's timer ended the
	// attempt, a multiple of it, at least lateWait. candidateWait is for a listener
	// of which it is only to be known what it speaks.
	askWait       = 10 * time.Second
	lateWait      = 5 * time.Second
	candidateWait = 2 * time.Second
	waitMax       = 2 * time.Minute
)

// AskHost says which paths and routes matter: those of the failing upstreams and
// all unix sockets that the configuration names, and the temporary files that could not be written.
func (r *Reading) AskHost() (q evidence.HostQuestion) {
	for _, g := range r.groups.list {
		if file := tempFile(g); file != "" {
			q.Paths = append(q.Paths, file)
		}
		switch {
		case g.Outcome == "" || !g.known() || g.Outcome == evidence.NoneLive:
		case g.unix():
			q.Paths = append(q.Paths, g.target.Address)
		case g.tcp():
			q.Addresses = append(q.Addresses, g.target.Address)
			if noLocalPort(g) {
				q.Busy = append(q.Busy, g.target.Address)
			}
		}
	}
	q.Paths = append(q.Paths, r.pageFiles()...)
	for _, t := range r.peers() {
		q.Addresses = append(q.Addresses, t.Address)
	}
	q.Paths = append(q.Paths, r.config.UnixPaths()...)
	slices.Sort(q.Paths)
	slices.Sort(q.Addresses)
	slices.Sort(q.Busy)
	q.Paths, q.Addresses, q.Busy = slices.Compact(q.Paths), slices.Compact(q.Addresses), slices.Compact(q.Busy)
	return q
}

// AskBackends asks each failing upstream as the proxy would, those that hint at another
// protocol in that one too, the servers of groups
// without a live peer, where nothing answers at the configured address
// the host's listeners that no configuration names, and php-fpm where the
// configuration does not send what it needs.
func (r *Reading) AskBackends(host *evidence.Host) (all []evidence.Question) {
	type kind struct {
		evidence.Target
		exact, upgrade bool
	}
	seen := map[kind]int{}
	ask := func(q evidence.Question) {
		if i, ok := seen[kind{q.Target, q.Exact, q.Upgrade}]; ok {
			all[i].Idle = all[i].Idle || q.Idle
			all[i].Wait = max(all[i].Wait, q.Wait)
			return
		}
		if len(all) < questionsMax {
			seen[kind{q.Target, q.Exact, q.Upgrade}] = len(all)
			all = append(all, q)
		}
	}
	in := &inquiry{Reading: r, host: host}
	for _, g := range r.groups.list { // before its own protocol, which may keep its only worker waiting
		for _, protocol := range in.tongues(g) {
			q := r.question(g, evidence.Target{Protocol: protocol, Network: g.target.Network, Address: g.target.Address})
			q.Candidate, q.Idle, q.Wait = true, false, candidateWait
			ask(q)
		}
	}
	for _, g := range r.groups.list {
		failed := g.Outcome != "" && g.Outcome != evidence.NoneLive || fatalKind(detail(g.Event))
		if failed && g.known() && g.target.Protocol != "" && !in.toItself(g) {
			ask(r.question(g, g.target))
		}
	}
	for _, g := range r.groups.list {
		for _, t := range r.peersOf(g) {
			ask(r.question(g, t))
		}
		for _, l := range in.candidates(g) {
			q := r.question(g, evidence.Target{Protocol: g.target.Protocol, Network: l.Network, Address: dialable(l)})
			q.Candidate, q.Idle, q.Wait = true, false, candidateWait
			ask(q)
		}
	}
	for _, q := range append(in.askParams(), in.askUpgrades()...) {
		ask(q)
	}
	return all
}

// question asks a backend what the proxy asked it in a group's sample request.
func (r *Reading) question(g *group, t evidence.Target) evidence.Question {
	return evidence.Question{
		Target: t, Method: "GET", URI: orRoot(g.uri), Host: r.hostHeader(g), ServerName: r.serverName(g, t),
		Params: r.fastcgiParams(g), Idle: r.worthIdling(g), Within: r.within(g), Wait: r.wait(g),
	}
}

// within is the proxy's own read timeout where that ended the request: an answer that comes later on a fresh
// connection tells enough.
func (r *Reading) within(g *group) time.Duration {
	if !g.late() || !g.Timer || g.pass == nil {
		return 0
	}
	limit, _ := r.timeout(g.pass, "read_timeout")
	return limit
}

// worthIdling tells whether the failure can be that of a connection kept too long:
// closed in the header phase, where connections are known to be kept, or, without a configuration, on a request
// that nginx does not repeat; or not answered where they are, as a backend does that never reads a second request.
func (r *Reading) worthIdling(g *group) bool {
	if g.is(evidence.ReadingHeader, evidence.TimedOut) && g.Timer {
		return r.keepsAlive(g)
	}
	if g.Phase != evidence.ReadingHeader || (g.Outcome != evidence.ClosedEarly && g.Outcome != evidence.Reset) {
		return false
	}
	return g.unsafe > 0 && g.pass == nil || r.keepsAlive(g)
}

func (r *Reading) keepsAlive(g *group) bool {
	if g.pass == nil {
		return false
	}
	kept, _ := r.config.KeepsAlive(g.pass, r.proxy.Version)
	return kept
}

// wait is long enough to see an answer that came too late for the proxy.
func (r *Reading) wait(g *group) time.Duration {
	switch {
	case !g.Timer || g.pass == nil:
		return askWait
	case g.Phase == evidence.Connecting, g.Phase == evidence.Handshaking: // one timer for both
		limit, _ := r.timeout(g.pass, "connect_timeout")
		return min(max(candidateWait, 2*limit), askWait)
	}
	limit, _ := r.timeout(g.pass, "read_timeout")
	return min(max(lateWait, 3*limit), waitMax)
}

// timeout returns the time that holds for a pass and the directive that sets it, nil for the default of 60 s.
func (r *Reading) timeout(p *nginx.Pass, name string) (time.Duration, *nginx.Directive) {
	if d := r.config.Effective(p.Directive.Parent, p.Prefix+name); d != nil {
		if t, ok := nginx.Duration(d.Value()); ok {
			return t, d
		}
	}
	return 60 * time.Second, nil
}

// peers returns the servers of all groups that had no live peer.
func (r *Reading) peers() (all []evidence.Target) {
	for _, g := range r.groups.list {
		for _, t := range r.peersOf(g) {
			if t.Network == "tcp" {
				all = append(all, t)
			}
		}
	}
	return all
}

// peersOf returns the servers behind a "no live upstreams", those that could have been asked instead of one that sent
// an error, and those that the cache spares; none for other events.
func (r *Reading) peersOf(g *group) (all []evidence.Target) {
	switch g.Outcome {
	case evidence.NoneLive:
		if up := r.config.Group(g.target.Address); up != nil {
			return targets(g.target.Protocol, up.Servers) // those that are marked down, too: are they up?
		}
	case evidence.SentError:
		if g.pass != nil && g.pass.Group != nil {
			return targets(g.target.Protocol, usableServers(g.pass.Group))
		}
	case evidence.Cached:
		for _, c := range r.errorCaches(g.Status) {
			if p := c.pass; p.Group != nil {
				all = append(all, targets(p.Protocol, usableServers(p.Group))...)
			} else if !p.Variable {
				all = append(all, evidence.Target{Protocol: p.Protocol, Network: p.Network, Address: p.Address})
			}
		}
	}
	return all
}

func targets(protocol string, servers []nginx.Server) (all []evidence.Target) {
	for _, s := range servers {
		if s.Network != "" {
			all = append(all, evidence.Target{Protocol: protocol, Network: s.Network, Address: s.Address})
		}
	}
	return all
}

func orRoot(uri string) string {
	if uri == "" {
		return "/"
	}
	return uri
}

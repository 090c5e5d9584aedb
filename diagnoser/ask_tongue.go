package diagnoser

import (
	"net"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// webPorts are ports on which servers speak plain HTTP by habit.
var webPorts = map[string]bool{"80": true, "3000": true, "5000": true, "8000": true, "8080": true, "8888": true}

// tongues are the other protocols in which a backend is worth asking, because the log,
// its address or the process that listens there hints that it does not speak the proxy's. None where
// nothing hints at it: a backend is not to be sent what it cannot read.
func (in *inquiry) tongues(g *group) []string {
	if all := hintedTongues(g); all != nil {
		return all
	}
	l := in.listener(g.target)
	failed := g.Phase == evidence.ReadingHeader && (g.died() || g.late() || g.Outcome == evidence.Invalid) ||
		g.Phase == evidence.Handshaking && (g.Outcome == evidence.Reset || g.Outcome == evidence.ClosedEarly)
	web := bare(g.target.Protocol) == "http"
	switch {
	case l == nil || !failed:
	case l.Process == "uwsgi" && web: // it speaks HTTP too, where it was told to
		return []string{"uwsgi"}
	case !foreign(g.target.Protocol, l.Process):
	case strings.HasPrefix(l.Process, "php-"):
		return []string{"fastcgi"}
	case !foreign("http", l.Process):
		return []string{"http"}
	}
	return nil
}

// hintedTongues are those at which the log or the address hints.
func hintedTongues(g *group) []string {
	switch g.target.Protocol {
	case "https":
		if g.Phase == evidence.Handshaking && (g.Outcome == evidence.TimedOut || g.Signature == "sent before handshake" ||
			strings.Contains(tlsMeaning(g.Message), "plain text")) {
			return []string{"http"}
		}
	case "http":
		return webTongues(g)
	case "fastcgi", "uwsgi", "scgi":
		switch {
		case g.Signature == "fastcgi version" && spoken(g.Event) == firstBytes['H']:
			return []string{"http"}
		case g.Signature == "fastcgi version" && spoken(g.Event) == firstBytes[21]:
			return []string{"https"}
		case g.is(evidence.ReadingHeader, evidence.TimedOut) && webPorts[portIn(g.target.Address)]:
			return []string{"http"}
		}
	case "grpc":
		if g.Signature == "http2 frame size" && spoken(g.Event) == frameStarts[0x485454] {
			return []string{"http"}
		}
	}
	return nil
}

// webTongues are those for a backend that is asked in HTTP.
func webTongues(g *group) []string {
	switch {
	case g.Phase != evidence.ReadingHeader:
		return nil
	case !g.died() && g.Signature != "not http":
		return nil
	case tlsPorts[portIn(g.target.Address)]:
		return []string{"https"}
	case strings.Contains(speaksOther(g), "FastCGI"):
		return []string{"fastcgi"}
	case strings.Contains(speaksOther(g), "uwsgi"):
		return []string{"uwsgi"}
	}
	return nil
}

// inTongue returns the probe of a group's backend in another protocol, nil where it was not asked in it.
func (in *inquiry) inTongue(g *group, protocol string) *evidence.Probe {
	want := g.target
	want.Protocol = protocol
	for i := range in.probes {
		if in.probes[i].Target == want {
			return &in.probes[i]
		}
	}
	return nil
}

// serverName is the name that the proxy would give in a TLS handshake if it gave one:
// proxy_ssl_name, by default $proxy_host without its port (ngx_http_upstream_ssl_name). The name of an upstream
// block without a dot is no host's: then it is the Host header's. An address is none; then it is the
// name that the client asked for.
func (r *Reading) serverName(g *group, t evidence.Target) string {
	switch {
	case t.Protocol != "https":
		return ""
	case g.pass == nil:
		return g.Host
	}
	name := g.pass.Host
	if g.pass.Group != nil {
		name = g.pass.Group.Name
	}
	if d := r.config.Effective(g.pass.Directive.Parent, g.pass.Prefix+"ssl_name"); d != nil {
		if v, ok := r.expand(g, d.Arg(0)); ok {
			name = v
		}
	}
	if header := r.hostHeader(g); g.pass.Group != nil && name == g.pass.Group.Name && !strings.Contains(name, ".") && strings.Contains(header, ".") {
		name = header // the block's name was made up for this file
	}
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = host
	}
	if name == "" || strings.Contains(name, "$") || strings.HasPrefix(name, "unix:") || net.ParseIP(strings.Trim(name, "[]")) != nil {
		return g.Host
	}
	return name
}

// sibling finds what a directive is set to for another pass of the same protocol, best one to the same
// backend: what one location knows and another lacks. It is nil where all say the same.
func (in *inquiry) sibling(p *nginx.Pass, name string) (found *nginx.Directive) {
	own := in.config.Effective(p.Directive.Parent, p.Prefix+name)
	for _, other := range in.config.Passes() {
		d := in.config.Effective(other.Directive.Parent, p.Prefix+name)
		if other == p || other.Protocol != p.Protocol || d == nil || own != nil && d.Value() == own.Value() {
			continue
		}
		if other.Host == p.Host {
			return d
		}
		if found == nil {
			found = d
		}
	}
	return found
}

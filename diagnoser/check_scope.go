package diagnoser

import (
	"net"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// peer is one address to which requests go, with the directive that names it: a
// pass, or a server line of the group that a pass uses.
type peer struct {
	pass             *nginx.Pass
	at               *nginx.Directive
	network, address string
}

func (p peer) host() string { h, _, _ := net.SplitHostPort(p.address); return h }

func (p peer) port() string {
	if _, port, err := net.SplitHostPort(p.address); err == nil && p.network == "tcp" {
		return port
	}
	return ""
}

// target is the peer as its pass would address it.
func (p peer) target() evidence.Target {
	return evidence.Target{Protocol: p.pass.Protocol, Network: p.network, Address: p.address}
}

// httpPasses returns the passes of http{}.
func (in *inquiry) httpPasses() (list []*nginx.Pass) {
	for _, p := range in.config.Passes() {
		if nginx.HTTP(p.Directive) {
			list = append(list, p)
		}
	}
	return list
}

// peers returns all addresses of http{} that are written out. A group that several
// passes use gives its servers once for each protocol.
func (in *inquiry) peers() (list []peer) {
	type key struct {
		at       *nginx.Directive
		protocol string
	}
	seen := map[key]bool{}
	add := func(p peer) {
		if k := (key{p.at, p.pass.Protocol}); !seen[k] && p.address != "" {
			seen[k] = true
			list = append(list, p)
		}
	}
	for _, p := range in.httpPasses() {
		switch {
		case p.Group != nil:
			for _, s := range p.Group.Servers {
				add(peer{p, s.Directive, s.Network, s.Address})
			}
		case !p.Variable:
			add(peer{p, p.Directive, p.Network, p.Address})
		}
	}
	return list
}

// knows tells whether what a block inherits is known to the last file.
func (in *inquiry) knows(ctx *nginx.Directive) bool { return in.config.Complete(ctx) }

// isOn tells whether a flag is on for a pass; the directive is nil where it is not set.
func (in *inquiry) isOn(p *nginx.Pass, name string) (bool, *nginx.Directive) {
	d := in.config.Effective(p.Directive.Parent, p.Prefix+name)
	return d != nil && strings.EqualFold(d.Arg(0), "on"), d
}

// swap edits the first old in an argument, quotes and all the rest left alone.
func (in *inquiry) swap(d *nginx.Directive, i int, old, text string) nginx.Edit {
	raw := in.config.Text(d.File)[d.Args[i].Start:d.Args[i].End]
	return in.config.ReplaceArg(d, i, strings.Replace(raw, old, text, 1))
}

// set makes a directive hold for a pass, at its own location.
func (in *inquiry) set(p *nginx.Pass, name, value string) nginx.Edit {
	return in.config.Set(p.Place(), p.Directive, name, value)
}

// since tells whether the proxy is of a version or newer.
func (in *inquiry) since(version string) bool { return nginx.VersionAtLeast(in.proxy.Version, version) }

// inVersions says of which versions something is true, where the proxy's is unknown.
func (in *inquiry) inVersions(words string) string {
	if in.proxy.Version == "" {
		return " (" + words + "; --proxy-version was not given)"
	}
	return ""
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func lineOf(d *nginx.Directive) string { return strconv.Itoa(d.Line) }

// joinInserts makes one edit of several that insert at one place: edits of one offset
// have no order of their own.
func joinInserts(edits []nginx.Edit) (joined []nginx.Edit) {
	for _, e := range edits {
		if n := len(joined); n > 0 && e.Old == "" && joined[n-1].Old == "" && joined[n-1].File == e.File && joined[n-1].Offset == e.Offset {
			joined[n-1].New += e.New
			continue
		}
		joined = append(joined, e)
	}
	return joined
}

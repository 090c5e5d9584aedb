package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "socket-missing",
	doc: Doc{
		What: "The unix socket that the proxy connects to does not exist in the proxy's file system: the backend is stopped (php-fpm unlinks " +
			"its socket on a clean stop), listens on another path, or its directory is not shared with the proxy.",
		Confirm: "namei -l /proc/$(pgrep -f 'nginx: worker' | head -1)/root/PATH shows the path as the proxy sees it; ss -xlp lists the paths that are listened on.",
		Mends:   "Start the backend, or write the path on which it listens into the *_pass directive. A socket in /tmp is hidden by PrivateTmp=: move it to /run.",
		Hides:   "Creating the file by hand: a file without a listener turns errno 2 into 111.",
		Source:  "connect(2), ENOENT; unix(7)",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !g.is(evidence.Connecting, evidence.Missing) || !g.unix() {
			return nil
		}
		o := &opinion{certainty: Likely, weight: 1, check: "namei -l " + g.target.Address, also: missingAlso(g)}
		seeMissing(in, g, o)
		o.remedies = append(otherSocket(in, g, o), backend(StartBackend, "start the backend that listens on "+g.target.Address, g))
		return o
	},
})

func seeMissing(in *inquiry, g *group, o *opinion) {
	node := in.node(g.target)
	switch {
	case node == nil:
	case node.Kind == "missing":
		o.certainty = Proved
		o.evidence = append(o.evidence, fact(fromFile, "%s does not exist", node.Path))
	case g.Errno == 20 && node.Kind != "directory":
		o.evidence = append(o.evidence, fact(fromFile, "%s is a %s, not a directory", node.Path, node.Kind))
	case node.Kind == "socket":
		o.against = append(o.against, fact(fromFile, "%s exists now", node.Path))
	}
	if p := in.probe(g); p != nil {
		addProbe(o, p, evidence.Missing)
	}
}

// otherSocket proposes the path of a listener that no configuration names and that
// speaks the protocol.
func otherSocket(in *inquiry, g *group, o *opinion) []Remedy {
	for _, a := range in.answers(g) {
		if a.probe == nil || a.probe.Outcome != evidence.OK {
			continue
		}
		o.evidence = append(o.evidence, fact(fromSocket, "%s listens and no configuration names it", describe(a.Listener)), probeFact(a.probe))
		if g.pass == nil {
			return nil
		}
		var edits []Remedy
		o.where, edits = in.readdress(g, a.Address, a.Address)
		return edits
	}
	return nil
}

func missingAlso(g *group) (also []Alternative) {
	if strings.HasPrefix(g.target.Address, "/tmp/") || strings.HasPrefix(g.target.Address, "/var/tmp/") {
		also = append(also, Alternative{"socket-private-tmp", "a socket in /tmp is hidden from a proxy with PrivateTmp=", "systemctl show -p PrivateTmp nginx"})
	}
	if strings.Contains(g.target.Address, "php") {
		also = append(also, Alternative{"socket-wrong-version", "the name of PHP's socket carries its version", "ls /run/php/"})
	}
	also = append(also, Alternative{"start-order", "the proxy may have been up before the backend", "does the error go on?"})
	return append(also, Alternative{"backend-down", "a backend that is stopped cleanly unlinks its socket", "ss -xlp"})
}

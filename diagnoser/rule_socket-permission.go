package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = register(rule{
	cause: "socket-permission",
	doc: Doc{
		What:    "The unix socket exists and is listened on, but its mode and owner do not let the proxy's worker write to it, which connect(2) requires.",
		Confirm: "ls -l PATH against ps -o user,group -C nginx; a group that was added to the user later holds only after the proxy's restart.",
		Mends: "Let the backend create the socket for the worker's group: listen.group and listen.mode = 0660 (php-fpm), umask or SocketMode= and SocketGroup= " +
			"(gunicorn, systemd), chmod-socket = 660 (uwsgi). A chmod by hand lasts until the backend's next start.",
		Hides:  "chmod 0777 lets everybody on the host talk to the backend; running the workers as root lets the proxy do anything.",
		Source: "unix(7): connecting needs write permission",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !deniedUnix(g) {
			return nil
		}
		worker, path := in.worker(), in.path(g.target.Address)
		o := &opinion{certainty: Likely, check: "ls -l " + g.target.Address + "; ps -o user,group -C nginx"}
		if worker == nil || path == nil {
			return guessSocket(in, g, o)
		}
		n := denier(worker, path)
		if n == nil && in.host.Pasted {
			return guessSocket(in, g, o) // a listing of another moment, or of the file alone
		}
		if n == nil || n.Kind != "socket" {
			return nil
		}
		if surely(worker, n) {
			o.certainty = Proved
		} else {
			o.weight = 2
		}
		o.evidence = []Fact{nodeFact(n), workerFact(worker)}
		o.remedies = []Remedy{permission(worker, n)}
		return o
	},
})

func deniedUnix(g *group) bool {
	return g.is(evidence.Connecting, evidence.Denied) && g.unix() && g.Errno == 13
}

// guessSocket judges without knowing the worker: by the socket's mode alone, or by the log.
func guessSocket(in *inquiry, g *group, o *opinion) *opinion {
	n := in.node(g.target)
	switch {
	case privatePath(g.target.Address):
		o.certainty = Possible
	case n == nil:
	case n.Kind != "socket":
		o.certainty = Possible
		o.evidence = append(o.evidence, fact(fromFile, "%s is a %s", n.Path, n.Kind))
	case n.Mode&mayWrite != 0:
		o.certainty = Possible
		o.against = append(o.against, nodeFact(n))
	default:
		o.evidence = append(o.evidence, nodeFact(n))
	}
	o.also = []Alternative{{"selinux-denial", "a security policy denies as modes do", "ausearch -m avc -ts recent -c nginx"}}
	return o
}

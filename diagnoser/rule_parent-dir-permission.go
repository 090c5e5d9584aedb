package diagnoser

import "strings"

var _ = register(rule{
	cause: "parent-dir-permission",
	doc: Doc{
		What:    "A directory above the unix socket denies search permission (x) to the proxy's worker, so that the socket's own mode does not even count.",
		Confirm: "namei -l PATH: the first directory without x for the worker's user, group or others. A home directory is 0700 or 0750 as a rule.",
		Mends:   "Give that directory x for the worker (chmod o+x, or setfacl -m u:USER:x), or better move the socket to a directory made for it, such as /run/app.",
		Hides:   "chmod 0777 on the socket changes nothing; on the directory it opens far more than the socket.",
		Source:  "path_resolution(7)",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !deniedUnix(g) {
			return nil
		}
		o := &opinion{certainty: Possible, check: "namei -l " + g.target.Address}
		worker, path := in.worker(), in.path(g.target.Address)
		if worker == nil || path == nil {
			if privatePath(g.target.Address) {
				o.certainty, o.weight = Likely, 1
			}
			return o
		}
		n := denier(worker, path)
		if n == nil || n.Kind != "directory" {
			return nil
		}
		o.certainty = Proved
		if !surely(worker, n) {
			o.certainty, o.weight = Likely, 3
		}
		o.evidence = append(o.evidence, nodeFact(n), workerFact(worker))
		o.remedies = append(o.remedies, permission(worker, n))
		if s := in.node(g.target); s.Kind == "socket" && !admits(worker, s, mayWrite) {
			o.evidence = append(o.evidence, nodeFact(s))
			o.remedies = append(o.remedies, permission(worker, s))
		}
		return o
	},
})

// privatePath tells whether a path leads through a directory that is closed to others as a rule.
func privatePath(path string) bool {
	return strings.HasPrefix(path, "/home/") || strings.HasPrefix(path, "/root/")
}

package diagnoser

import (
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "socket-private-tmp",
	doc: Doc{
		What: "The backend's socket is in /tmp or /var/tmp, and the proxy's service has PrivateTmp=yes, as distributions of the Red Hat family and Arch ship it: " +
			"its /tmp is another directory, in which the socket is not.",
		Confirm: "systemctl show -p PrivateTmp nginx says yes; ls -l PATH shows the socket in your shell, and ls -l /proc/$(pgrep -o nginx)/root/PATH does not.",
		Mends:   "Move the socket to a directory of its own below /run (RuntimeDirectory= of the backend's service makes one).",
		Hides:   "PrivateTmp=no for the proxy takes a protection away; JoinsNamespaceOf= lasts as long as both services are changed together.",
		Source:  "systemd.exec(5), PrivateTmp=; connect(2), ENOENT",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !g.is(evidence.Connecting, evidence.Missing) || !g.unix() || !inTmp(g.target.Address) {
			return nil
		}
		o := &opinion{certainty: Possible, check: "systemctl show -p PrivateTmp nginx", why: "a socket in /tmp is hidden from a proxy with PrivateTmp="}
		if in.proxy.Kind != "" && in.proxy.Kind != "nginx" {
			o.check = "systemctl show -p PrivateTmp of the proxy's service"
		}
		if !in.blind() {
			return nil // what was collected looked through the proxy's own root
		}
		if g.PID > hostPID && !strings.Contains(g.target.Address, "php") { // who builds PHP for /tmp builds the proxy as well
			o.certainty, o.weight = Likely, 2
			o.evidence = append(o.evidence, fact(fromLog, "%s is in a directory that systemd gives services an own one of", g.target.Address))
		}
		if n := in.node(g.target); n != nil && n.Kind == "socket" {
			o.certainty, o.weight = Likely, 5
			o.evidence = append(o.evidence, nodeFact(n), fact(fromLog, "the proxy does not see the file that a shell sees"))
		}
		for _, u := range in.told().Units {
			if u.Properties["PrivateTmp"] == "yes" || u.Properties["PrivateTmp"] == "true" {
				o.certainty, o.weight = Likely, 6
				o.evidence = append(o.evidence, fact(fromProcess, "the service %s has PrivateTmp=%s", u.Name, u.Properties["PrivateTmp"]))
			}
		}
		return o
	},
})

// hostPID is above the process numbers that a proxy in a container of its own has as a rule.
const hostPID = 500

func inTmp(path string) bool {
	return strings.HasPrefix(path, "/tmp/") || strings.HasPrefix(path, "/var/tmp/")
}

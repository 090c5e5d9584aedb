package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = register(rule{
	cause: "sandbox-network-permission",
	doc: Doc{
		What:    "The proxy's sandbox forbids the socket or the address family: RestrictAddressFamilies= of its service, a seccomp profile, a filter on its cgroup.",
		Confirm: "systemctl show nginx -p RestrictAddressFamilies -p IPAddressDeny; the container's security options.",
		Mends:   "Allow AF_UNIX, AF_INET and AF_INET6, and the backend's address.",
		Hides:   "Running the proxy without its sandbox takes a protection away.",
		Source:  "systemd.exec(5), RestrictAddressFamilies=; seccomp(2)",
	},
	judge: func(in *inquiry, g *group) *opinion {
		noSocket := g.Signature == "socket" && g.Errno == 13 // not even a socket: Android without INTERNET, seccomp
		if g.Phase != evidence.Connecting || g.Errno != 1 && g.Errno != 97 && !noSocket {
			return nil
		}
		if noSocket {
			return &opinion{certainty: Likely, weight: 2, check: "the permissions of the sandbox or the container", evidence: []Fact{
				fact(fromLog, "socket(2) itself was denied, before any address came into play")}}
		}
		return &opinion{certainty: Likely, check: "systemctl show nginx -p RestrictAddressFamilies -p IPAddressDeny"}
	},
})

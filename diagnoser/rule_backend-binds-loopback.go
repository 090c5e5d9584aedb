package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

var _ = register(rule{
	cause: "backend-binds-loopback",
	doc: Doc{
		What: "The backend listens on 127.0.0.1 of its own host or container only, and the proxy comes from another: the kernel answers the connect with a reset, " +
			"as for a port on which nothing listens.",
		Confirm: "ss -ltn where the backend runs shows 127.0.0.1:PORT; curl works there and is refused from the proxy.",
		Mends:   "Let the backend listen on 0.0.0.0 or on its network's address: --host 0.0.0.0, HOST=0.0.0.0, listen(port) without a host.",
		Hides:   "Publishing the port does not help: it leads to the container's outer address.",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !g.is(evidence.Connecting, evidence.Refused) || !g.tcp() {
			return nil
		}
		o := &opinion{certainty: Possible, check: "ss -ltn in the backend's container", evidence: []Fact{
			fact(fromLog, "%s refused: the container is up, since one that is gone does not answer at all", g.target.Address)}}
		if in.host == nil && inContainer(g.target.Address) {
			return o
		}
		return nil
	},
})

package diagnoser

import (
	"slices"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "backend-binds-loopback",
	doc: Doc{
		What: "The backend listens on 127.0.0.1 of its own host or container only, and the proxy comes from another: the kernel answers the connect with a reset, " +
			"as for a port on which nothing listens.",
		Confirm: "ss -ltn where the backend runs shows 127.0.0.1:PORT; curl works there and is refused from the proxy.",
		Mends:   "Let the backend listen on 0.0.0.0 or on its network's address: --host 0.0.0.0, HOST=0.0.0.0, listen(port) without a host.",
		Hides:   "Publishing the port does not help: it leads to the container's outer address.",
		Source:  "RFC 9293 section 3.10.7.1: a reset answers a closed port",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if !g.is(evidence.Connecting, evidence.Refused) || !g.tcp() {
			return nil
		}
		if !in.blind() {
			return in.bindsLoopback(g)
		}
		if o := in.toldLoopback(g); o != nil {
			return o
		}
		o := &opinion{certainty: Possible, check: "ss -ltn in the backend's container", evidence: []Fact{
			fact(fromLog, "%s refused: the container is up, since one that is gone does not answer at all", g.target.Address)}}
		if !inContainer(g.target.Address) {
			return nil
		}
		if server := devServers[portIn(g.target.Address)]; server != "" {
			o.evidence = append(o.evidence, fact(fromLog, "%s is the port of %s, which listens on 127.0.0.1 only unless told otherwise", portIn(g.target.Address), server))
		}
		if loopbackOnly[portIn(g.target.Address)] {
			o.weight = 4
		}
		return o
	},
})

// bindsLoopback judges by the sockets of this host, whose own address the proxy asks: nothing listens there, and on
// 127.0.0.1 somebody has the port. Where that is the proxy itself, or the configuration names it, it is not the backend.
func (in *inquiry) bindsLoopback(g *group) *opinion {
	if loopback(g.target.Address) || !in.local(g.target) || in.listener(g.target) != nil || !in.sees("tcp listeners") {
		return nil
	}
	for _, l := range in.host.Listeners {
		if l.Network != "tcp" || portIn(l.Address) != portIn(g.target.Address) || !loopback(l.Address) || in.named(l) || in.ownedByProxy(l) {
			continue
		}
		host := hostOf(g.target.Address)
		r := backend(ChangeBackend, "let the backend listen on "+host+" instead of the loopback address", g)
		r.Params.Setting, r.Params.Value = "bind", g.target.Address
		r.Commands = []string{"gunicorn --bind " + g.target.Address, "APP --host " + host, "systemctl edit APP # then systemctl restart APP"}
		return &opinion{certainty: Proved, weight: 4, check: "ss -ltn", remedies: []Remedy{r}, evidence: []Fact{
			fact(fromSocket, "%s listens on the loopback address only", describe(l)),
			fact(fromSocket, "nothing listens on %s, an address of this host", g.target.Address)}}
	}
	return nil
}

// loopbackOnly are ports on which hardly anything listens but a server that does so on the loopback address by default.
var loopbackOnly = map[string]bool{"5173": true, "4200": true, "1313": true, "35729": true}

// devServers are servers of frameworks that listen on the loopback address by default, by their port.
var devServers = map[string]string{"3000": "Rails and many Node servers", "4000": "Jekyll and Phoenix", "4200": "Angular", "5000": "Flask", "5173": "Vite",
	"8000": "gunicorn and Django's runserver", "8501": "Streamlit", "8888": "Jupyter", "1313": "Hugo", "35729": "livereload", "3001": "many Node servers", "5678": "n8n in development"}

// toldLoopback judges by what a server or a list of sockets says: the same port, on 127.0.0.1, while
// the proxy asks for another address.
func (in *inquiry) toldLoopback(g *group) *opinion {
	if loopback(g.target.Address) || in.host == nil && len(in.starts) == 0 {
		return nil
	}
	port := portIn(g.target.Address)
	for _, b := range in.binds() {
		if portIn(b.Address) == port && loopback(b.Address) {
			return &opinion{certainty: Likely, weight: 6, check: "ss -ltn where the backend runs", evidence: []Fact{
				fact(fromBackend, "the backend listens on %s only: %s", b.Address, b.Text)}}
		}
	}
	if in.host == nil {
		return nil
	}
	for _, l := range in.host.Listeners {
		if l.Network == "tcp" && portIn(l.Address) == port && loopback(l.Address) {
			return &opinion{certainty: Likely, weight: 6, check: "ss -ltn where the backend runs", evidence: []Fact{
				fact(fromSocket, "%s listens on the loopback address only", describe(l))}}
		}
	}
	return nil
}

// binds are all places where servers were told, or said, to listen.
func (in *inquiry) binds() []evidence.Bind {
	all := slices.Clone(in.told().Binds)
	for i := range in.told().Pools {
		if p := &in.told().Pools[i]; strings.Contains(p.Listen, ":") {
			all = append(all, evidence.Bind{Address: p.Listen, Server: "php-fpm", Text: poolFact(p, "listen", p.Listen).Text})
		}
	}
	for _, s := range in.starts {
		all = append(all, evidence.Bind{Address: s.address, Text: s.text})
	}
	return all
}

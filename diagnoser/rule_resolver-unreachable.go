package diagnoser

import (
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

var _ = register(rule{
	cause: "resolver-unreachable",
	doc: Doc{
		What:    "The resolver in the configuration does not answer. After resolver_timeout (30s) the client gets 502, not 504.",
		Confirm: "dig @RESOLVER NAME times out or is refused; is the address right inside this container (127.0.0.11 in Docker's own networks)?",
		Mends:   "The address of a resolver that answers here; UDP and TCP port 53 open to it.",
		Hides:   "A shorter resolver_timeout fails sooner; valid= asks less often.",
		Source:  "ngx_resolver_timeout_handler; resolver_timeout",
	},
	judge: func(in *inquiry, g *group) *opinion {
		if g.is(evidence.Connecting, evidence.TimedOut) {
			return in.hinted("resolver-unreachable", "dig @RESOLVER NAME")
		}
		if g.Signature != "resolver socket" && !(g.Signature == "not resolved" && g.Outcome == evidence.TimedOut) {
			return nil
		}
		o := &opinion{certainty: Likely, check: "dig @RESOLVER NAME"}
		if d := in.resolverOf(g); d != nil {
			in.judgeResolver(o, d)
		}
		return o
	},
})

// judgeResolver looks whether anybody takes queries at the resolver's address, and who would.
func (in *inquiry) judgeResolver(o *opinion, d *nginx.Directive) {
	address := resolverAddress(d)
	o.where = in.where(d)
	o.evidence = append(o.evidence, in.configFact(d, "names are asked of %s", address))
	if receives, known := in.receives(address); known && !receives {
		o.certainty = Proved
		o.evidence = append(o.evidence, fact(fromSocket, "nothing receives UDP at %s", address))
	}
	in.otherNameserver(o, d)
}

// resolverOf is the resolver directive that holds for a group's pass, nil without one.
func (in *inquiry) resolverOf(g *group) *nginx.Directive {
	p := in.passFor(g)
	if p == nil {
		return nil
	}
	if d := in.config.Effective(p.Place(), "resolver"); d != nil && len(d.Args) > 0 {
		return d
	}
	return nil
}

// otherNameserver proposes to ask the name server that the host's other programs ask, where that is another one.
func (in *inquiry) otherNameserver(o *opinion, d *nginx.Directive) {
	if server := in.nameserver(resolverAddress(d)); server != "" {
		o.evidence = append(o.evidence, fact(fromFile, "resolv.conf names %s", server))
		o.remedies = in.edit("look names up where this host does", in.config.ReplaceArg(d, 0, server))
	}
}

package diagnoser

import "github.com/badgateway/badgateway/diagnoser/evidence"

// change makes a remedy on the application's side: setting is the one that is to be changed, empty where the
// program itself is at fault, and value is empty where only people can know it. Commands are for people.
func change(g *group, setting, value, summary string, commands ...string) Remedy {
	return Remedy{Action: ChangeBackend, Summary: summary, Commands: commands,
		Params: &Params{Upstream: g.target.String(), Setting: setting, Value: value}}
}

// mitigates marks remedies that hide the cause.
func mitigates(list ...Remedy) []Remedy {
	for i := range list {
		list[i].Mitigation = true
	}
	return list
}

// mends gives an opinion its remedies, where there is one.
func (o *opinion) mends(list ...Remedy) *opinion {
	if o != nil && len(o.remedies) == 0 {
		o.remedies = list
	}
	return o
}

// repeats makes an opinion that the backend's log names a cause a proved one, where the same request past the
// proxy ends in the same way: the line is of such a request.
func (in *inquiry) repeats(g *group, o *opinion) *opinion {
	p := in.probe(g)
	if o == nil || o.certainty != Likely || in.blind() || !probed(p, evidence.ClosedEarly, evidence.Reset) {
		return o
	}
	o.certainty = Proved
	o.evidence = append(o.evidence, probeFact(p))
	return o
}

// brought proposes to bring up what ended, until the next such request.
func brought(g *group) Remedy {
	return mitigates(backend(RestartBackend, "restart the backend, until the next such request", g))[0]
}

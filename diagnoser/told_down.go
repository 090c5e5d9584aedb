package diagnoser

import "strings"

// toldDown adds what commands and the backend's log say of one that does not run.
func (in *inquiry) toldDown(o *opinion) {
	if !in.blind() {
		if h := in.hinted("backend-down", ""); h != nil {
			o.evidence = append(o.evidence, h.evidence...)
		}
		return
	}
	for _, u := range in.told().Units {
		if u.Active == "failed" || strings.HasPrefix(u.Active, "inactive") || u.Active == "not found" || strings.HasPrefix(u.Active, "activating (auto-restart") {
			o.says(fact(fromProcess, "the service %s is %s", u.Name, strings.TrimSpace(u.Active+" "+u.Result)))
		}
	}
	for _, c := range in.told().Containers {
		for _, word := range []string{"Exited", "Exit ", "Restarting", "CrashLoopBackOff", "exited", "Created", "Error", "Pending", "ImagePull"} {
			if strings.HasPrefix(c.State, word) {
				o.says(fact(fromProcess, "container %s: %s", c.Name, c.State))
				break
			}
		}
		if c.Endpoints == "<none>" {
			o.says(fact(fromProcess, "the service %s has no ready endpoint", c.Name))
		}
	}
	if h := in.hinted("backend-down", ""); h != nil {
		o.says(h.evidence[0])
	}
}

// says makes an opinion likely by what somebody's command said.
func (o *opinion) says(f Fact) {
	o.certainty, o.weight = Likely, 4
	o.evidence = append(o.evidence, f)
}

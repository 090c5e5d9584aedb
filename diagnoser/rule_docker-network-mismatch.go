package diagnoser

import (
	"slices"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var _ = register(rule{
	cause: "docker-network-mismatch",
	doc: Doc{
		What: "Proxy and backend share no Docker network. The backend's name does not resolve for the proxy; its address in another network is cut off by Docker's own " +
			"rules, so that a connect is dropped and times out.",
		Confirm: "docker inspect -f '{{json .NetworkSettings.Networks}}' of both: no network in common.",
		Mends:   "One network for both: networks: in each compose project with external: true, or docker network connect NETWORK CONTAINER; then reload the proxy.",
		Hides:   "Publishing the backend's port on the host and passing to the host's address.",
		Source:  "Docker, bridge network driver: isolation between user-defined networks",
	},
	judge: func(in *inquiry, g *group) *opinion {
		apart := in.apart()
		if apart == "" {
			apart = in.composeApart(in.servedBy(g))
		}
		if name := unresolved(g); apart == "" && name != "" {
			apart = in.composeApart(in.compose.named(name))
		}
		switch {
		case apart != "" && (g.Phase == evidence.Connecting || g.Phase == evidence.Resolving || g.Outcome == evidence.NoneLive):
			return &opinion{certainty: Likely, weight: 5, check: "docker network inspect", evidence: []Fact{fact(fromProcess, "%s", apart)}}
		case g.is(evidence.Connecting, evidence.TimedOut) && inContainer(g.target.Address) && !strings.HasPrefix(g.target.Address, "172.16.") && in.blind(): // Docker begins with 172.17
			return &opinion{certainty: Possible, weight: 2, check: "docker inspect -f '{{json .NetworkSettings.Networks}}' of both containers", evidence: []Fact{
				fact(fromLog, "%s is an address of a container network, and Docker drops what comes from another one", g.target.Address)}}
		}
		return nil
	},
})

// apart tells of two containers whose networks were printed and have none in common, "" without such.
func (in *inquiry) apart() string {
	list := in.told().Containers
	for i, a := range list {
		for _, b := range list[i+1:] {
			if len(a.Networks) > 0 && len(b.Networks) > 0 && !slices.ContainsFunc(a.Networks, func(n string) bool { return slices.Contains(b.Networks, n) }) {
				return a.Name + " is in " + strings.Join(a.Networks, ", ") + ", and " + b.Name + " in " + strings.Join(b.Networks, ", ")
			}
		}
	}
	return ""
}

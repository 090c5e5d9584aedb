package diagnoser

import (
	"net"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// namesMax bounds the names of one diagnosis that a name server is asked for.
const namesMax = 4

// AskNames says which names are worth asking the proxy's resolver for: those that it could not resolve at run time, a
// short one also in full, as the host's other programs complete it.
func (r *Reading) AskNames(host *evidence.Host) (all []evidence.NameQuestion) {
	in := r.inquire(host, nil)
	for _, g := range r.groups.list {
		d := in.resolverOf(g)
		if d == nil {
			continue
		}
		server := resolverAddress(d)
		if address, _, err := net.SplitHostPort(server); err != nil || net.ParseIP(address) == nil {
			continue
		}
		for _, name := range []string{unanswered(g), in.completed(unanswered(g))} {
			q := evidence.NameQuestion{Name: name, Server: server}
			if name != "" && len(all) < namesMax && !slices.Contains(all, q) {
				all = append(all, q)
			}
		}
	}
	return all
}

// completed is a name without a dot as resolv.conf(5) completes it first; empty for others.
func (in *inquiry) completed(name string) string {
	if search := in.told().Search; name != "" && !strings.Contains(name, ".") && len(search) > 0 {
		return name + "." + search[0]
	}
	return ""
}

// unanswered is the name that a resolver gave no address for; empty of other events.
func unanswered(g *group) string {
	if g.Signature != "not resolved" {
		return ""
	}
	name, _, _ := strings.Cut(g.Message, " could not be resolved (")
	return name
}

// answered returns what a resolver said when it was asked for a name itself, by the type of record.
func (in *inquiry) answered(name, server string) map[string]evidence.Name {
	found := map[string]evidence.Name{}
	for _, n := range in.told().Names {
		if n.Name == name && n.Server == server && n.Type != "" {
			found[n.Type] = n
		}
	}
	return found
}

package paste

import (
	"strconv"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// ids give numbers to names of users and groups, since modes are judged by numbers:
// the true ones where a command printed both, made-up ones otherwise.
type ids struct {
	users, groups map[string]uint32
	next          uint32
	primary       map[string]string   // the group of a user
	further       map[string][]string // more groups of a user
	listed        map[string]bool     // users whose groups are all known
}

// madeUp is the first number that no real user has.
const madeUp = 1 << 31

func newIDs() ids {
	return ids{users: map[string]uint32{"root": 0}, groups: map[string]uint32{"root": 0, "wheel": 0}, next: madeUp,
		primary: map[string]string{}, further: map[string][]string{}, listed: map[string]bool{}}
}

func (n *ids) user(name string) uint32  { return n.of(n.users, name) }
func (n *ids) group(name string) uint32 { return n.of(n.groups, name) }

func (n *ids) of(known map[string]uint32, name string) uint32 {
	if id, err := strconv.ParseUint(name, 10, 31); err == nil {
		return uint32(id)
	}
	if _, ok := known[name]; !ok {
		known[name] = n.next
		n.next++
	}
	return known[name]
}

// resolve writes the numbers into processes and paths, whose names were read in any order.
func (n *ids) resolve(h *evidence.Host) {
	for i := range h.Processes {
		p := &h.Processes[i]
		p.UID = n.user(p.User)
		p.Groupless = !n.listed[p.User] && p.User != "root"
		if g, ok := n.primary[p.User]; ok {
			p.Group, p.GID = g, n.group(g)
		} else {
			p.GID = madeUp - 1 // nobody's
		}
		for _, g := range n.further[p.User] {
			p.Groups = append(p.Groups, n.group(g))
		}
	}
	for i := range h.Paths {
		for j := range h.Paths[i].Nodes {
			node := &h.Paths[i].Nodes[j]
			if node.User != "" {
				node.UID, node.GID = n.user(node.User), n.group(node.Group)
			}
		}
	}
}

// pair notes the number of a name.
func (n *ids) pair(known map[string]uint32, name, number string) {
	if id, err := strconv.ParseUint(number, 10, 31); err == nil && name != "" {
		known[name] = uint32(id)
	}
}

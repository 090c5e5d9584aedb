package host

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/google/nftables"
	"golang.org/x/sys/unix"
)

const filterSource = "packet filter"

// filters lists the nftables rules of all tables that drop or reject a connection's first
// packet; one for invalid or established connections only, as most firewalls have, is not
// among them. iptables-nft keeps its rules there too. Those of the older iptables are elsewhere, and only said
// to exist.
func (c *collector) filters() {
	c.legacy()
	conn, err := nftables.New(nftables.AsLasting())
	if err != nil {
		c.unread(filterSource, err, "CAP_NET_ADMIN")
		return
	}
	defer func() { _ = conn.CloseLasting() }()
	chains, err := conn.ListChains()
	if err != nil {
		c.unread(filterSource, errnoOf(err), "CAP_NET_ADMIN")
		return
	}
	rs := &ruleset{conn: conn, ports: askedPorts(c.question.Addresses), asked: askedAddresses(c.question.Addresses), hooks: map[chainKey]string{}}
	rs.read(chains)
	for _, err := range rs.errs {
		c.unread(filterSource, err, "")
	}
	c.host.Filters = rs.filters()
}

// errnoOf restores the error number that the library keeps only as text.
func errnoOf(err error) error {
	if err != nil && !denied(err) && strings.HasSuffix(err.Error(), unix.EPERM.Error()) {
		return fmt.Errorf("list nftables: %w", unix.EPERM)
	}
	return err
}

// legacy notes iptables rules of the older kind, which nftables does not show.
func (c *collector) legacy() {
	for _, name := range []string{"ip_tables_names", "ip6_tables_names"} {
		text, err := os.ReadFile(filepath.Join("/proc/thread-self/net", name))
		if tables := strings.Fields(string(text)); err == nil && len(tables) > 0 {
			c.unread("iptables-legacy", fmt.Errorf("rules may be in its tables %s, which nftables does not show",
				strings.Join(tables, ", ")), "")
		}
	}
}

func askedPorts(addresses []string) []uint16 {
	var out []uint16
	for _, a := range addresses {
		_, text, err := net.SplitHostPort(a)
		if err != nil {
			continue
		}
		if port, err := strconv.ParseUint(text, 10, 16); err == nil {
			out = append(out, uint16(port))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

type chainKey struct {
	family nftables.TableFamily
	table  string
	chain  string
}

// ruleset is one reading of all chains.
type ruleset struct {
	conn  *nftables.Conn
	ports []uint16            // those the question names
	asked []netip.AddrPort    // as far as they are addresses, not names
	hooks map[chainKey]string // of base chains, and of chains that are reached from one
	rules []*described
	errs  []error
}

func (rs *ruleset) read(chains []*nftables.Chain) {
	for _, ch := range chains {
		key := chainKey{ch.Table.Family, ch.Table.Name, ch.Name}
		if ch.Hooknum != nil {
			rs.hooks[key] = hookName(*ch.Hooknum)
			if ch.Policy != nil && *ch.Policy == nftables.ChainPolicyDrop {
				rs.errs = append(rs.errs, fmt.Errorf("chain %s %s %s has policy drop; which packets its rules let pass is not evaluated",
					familyName(key.family), key.table, key.chain))
			}
		}
		rules, err := rs.conn.GetRules(ch.Table, ch)
		if err != nil {
			rs.errs = append(rs.errs, fmt.Errorf("list rules of %s %s %s: %w",
				familyName(key.family), key.table, key.chain, err))
			continue
		}
		for _, r := range rules {
			rs.rules = append(rs.rules, rs.describe(key, r))
		}
	}
	rs.spread()
}

// spread carries the hook of a base chain into the chains that its rules jump to, and
// the port of the jumping rule to rules there that have none.
func (rs *ruleset) spread() {
	for range rs.rules { // a path through the chains is no longer than their rules
		changed := false
		for _, from := range rs.rules {
			if from.jump == "" || rs.hooks[from.chain] == "" {
				continue
			}
			to := chainKey{from.chain.family, from.chain.table, from.jump}
			if rs.hooks[to] != "" {
				continue
			}
			rs.hooks[to], changed = rs.hooks[from.chain], true
			for _, r := range rs.rules {
				if r.chain == to {
					r.reachedBy(from)
				}
			}
		}
		if !changed {
			return
		}
	}
}

// reachedBy gives a rule what the rule that jumps to its chain tests. Ports of both are not
// compared: such a rule only counts as narrow.
func (r *described) reachedBy(from *described) {
	r.narrow = r.narrow || from.narrow
	switch {
	case r.match.protocol == "":
		r.match = from.match
	case len(from.match.ranges) > 0:
		r.narrow = true
	}
}

// filters answers one entry for each dropping or rejecting rule; for one that names
// several ports, one for each of them that was asked about, or else for its first.
func (rs *ruleset) filters() []evidence.Filter {
	var out []evidence.Filter
	for _, r := range rs.rules {
		if r.never || r.verdict != "drop" && r.verdict != "reject" {
			continue
		}
		f := evidence.Filter{
			Family: familyName(r.chain.family), Table: r.chain.table, Chain: r.chain.chain, Handle: r.handle,
			Hook: rs.hooks[r.chain], Verdict: r.verdict, Protocol: r.match.protocol, Narrow: r.narrow, Packets: r.packets, Text: r.text,
		}
		for _, port := range r.match.among(rs.ports) {
			f.Port = port
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b evidence.Filter) int {
		return cmp.Or(cmp.Compare(a.Family, b.Family), cmp.Compare(a.Table, b.Table), cmp.Compare(a.Chain, b.Chain))
	})
	return out
}

func hookName(h nftables.ChainHook) string {
	names := []string{"prerouting", "input", "forward", "output", "postrouting", "ingress"}
	if int(h) < len(names) {
		return names[h]
	}
	return fmt.Sprint(uint32(h))
}

func familyName(f nftables.TableFamily) string {
	switch f {
	case nftables.TableFamilyINet:
		return "inet"
	case nftables.TableFamilyIPv4:
		return "ip"
	case nftables.TableFamilyIPv6:
		return "ip6"
	case nftables.TableFamilyARP:
		return "arp"
	case nftables.TableFamilyBridge:
		return "bridge"
	case nftables.TableFamilyNetdev:
		return "netdev"
	}
	return fmt.Sprint(uint8(f))
}

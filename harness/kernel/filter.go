package kernel

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// The rules stand where a firewall's own would: `table inet filter`, chain `input`.
// The input hook is the one at which a rejection reaches a socket connecting over loopback.
const (
	tableName = "filter"
	chainName = "input"
)

// families are nft's names of table families.
var families = map[string]nftables.TableFamily{
	"inet": nftables.TableFamilyINet, "ip": nftables.TableFamilyIPv4, "ip6": nftables.TableFamilyIPv6,
	"arp": nftables.TableFamilyARP, "bridge": nftables.TableFamilyBridge, "netdev": nftables.TableFamilyNetdev,
}

// adding is held from appending a rule to reading its handle, which the library does not
// return: the last rule of the chain is the one just added.
var adding sync.Mutex

// addRule appends a rule, making table and chain where they are missing.
func addRule(rule []expr.Any) (undo func() error, err error) {
	adding.Lock()
	defer adding.Unlock()
	conn, err := nftables.New()
	if err != nil {
		return nil, fmt.Errorf("open nftables: %w", err)
	}
	before, _, err := find(conn, nftables.TableFamilyINet, tableName, chainName)
	if err != nil {
		return nil, err
	}
	table := conn.AddTable(&nftables.Table{Family: nftables.TableFamilyINet, Name: tableName})
	chain := before
	if chain == nil {
		accept := nftables.ChainPolicyAccept
		chain = conn.AddChain(&nftables.Chain{
			Name: chainName, Table: table, Type: nftables.ChainTypeFilter,
			Hooknum: nftables.ChainHookInput, Priority: nftables.ChainPriorityFilter, Policy: &accept,
		})
	}
	conn.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: rule})
	if err := flush(conn); err != nil {
		return nil, fmt.Errorf("add nftables rule: %w", err)
	}
	rules, err := conn.GetRules(table, chain)
	if err != nil || len(rules) == 0 {
		return nil, fmt.Errorf("list nftables rules: %d found: %w", len(rules), permission(err))
	}
	handle := rules[len(rules)-1].Handle
	return func() error { return takeBack(handle, before == nil) }, nil
}

// takeBack removes the rule, and a chain and table made for it when nothing else has come into them.
func takeBack(handle uint64, made bool) error {
	err := RemoveFilter("inet", tableName, chainName, handle)
	if err != nil && !errors.Is(err, ErrNoFilter) || !made {
		return ignoreGone(err)
	}
	conn, err := nftables.New()
	if err != nil {
		return fmt.Errorf("open nftables: %w", err)
	}
	chain, others, err := find(conn, nftables.TableFamilyINet, tableName, chainName)
	if err != nil || chain == nil {
		return err
	}
	rules, err := conn.GetRules(chain.Table, chain)
	if err != nil || len(rules) > 0 {
		return err
	}
	conn.DelChain(chain)
	if others == 0 {
		conn.DelTable(chain.Table)
	}
	return flush(conn)
}

func ignoreGone(err error) error {
	if errors.Is(err, ErrNoFilter) {
		return nil
	}
	return err
}

// find looks a chain up; others counts the further chains of its table.
func find(conn *nftables.Conn, family nftables.TableFamily, table, name string) (chain *nftables.Chain, others int, err error) {
	chains, err := conn.ListChainsOfTableFamily(family)
	if err != nil {
		return nil, 0, fmt.Errorf("list nftables chains: %w", permission(err))
	}
	for _, c := range chains {
		switch {
		case c.Table.Name != table:
		case c.Name == name:
			chain = c
		default:
			others++
		}
	}
	return chain, others, nil
}

// ErrNoFilter tells that the rule to be removed is not there.
var ErrNoFilter = errors.New("no such packet-filter rule")

// RemoveFilter deletes one rule, addressed as nft addresses it. The error tells which
// part of the address was not found, and is an ErrNoFilter then.
func RemoveFilter(family, table, chain string, handle uint64) error {
	what := fmt.Sprintf("remove rule %d of %s %s %s", handle, family, table, chain)
	fam, ok := families[family]
	if !ok {
		return fmt.Errorf("%s: unknown family %q", what, family)
	}
	conn, err := nftables.New()
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	ch, _, err := find(conn, fam, table, chain)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if ch == nil {
		return fmt.Errorf("%s: %w: no such chain", what, ErrNoFilter)
	}
	rules, err := conn.GetRules(ch.Table, ch)
	if err != nil {
		return fmt.Errorf("%s: list rules: %w", what, permission(err))
	}
	i := slices.IndexFunc(rules, func(r *nftables.Rule) bool { return r.Handle == handle })
	if i < 0 {
		return fmt.Errorf("%s: %w: the chain has %s", what, ErrNoFilter, handles(rules))
	}
	if err := conn.DelRule(&nftables.Rule{Table: ch.Table, Chain: ch, Handle: handle}); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if err := flush(conn); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func handles(rules []*nftables.Rule) string {
	if len(rules) == 0 {
		return "no rules"
	}
	var out []string
	for _, r := range rules {
		out = append(out, fmt.Sprint(r.Handle))
	}
	return "handles " + strings.Join(out, ", ")
}

func flush(conn *nftables.Conn) error { return permission(conn.Flush()) }

// permission names the missing right; the library keeps some error numbers as text only.
func permission(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, unix.EPERM) || strings.HasSuffix(err.Error(), unix.EPERM.Error()) {
		return fmt.Errorf("%w (needs CAP_NET_ADMIN)", err)
	}
	return err
}

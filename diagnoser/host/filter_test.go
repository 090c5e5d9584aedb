package host

import (
	"context"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/host/sandbox"
	"github.com/google/nftables"
	"github.com/google/nftables/expr"
)

func collect(t *testing.T, q evidence.HostQuestion) *evidence.Host {
	t.Helper()
	return Collect(t.Context(), Options{}, q)
}

func flush(t *testing.T, conn *nftables.Conn) {
	t.Helper()
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
}

// ruleTable makes a table with one input chain, and removes it after the test.
func ruleTable(t *testing.T, rules ...[]expr.Any) {
	t.Helper()
	conn, err := nftables.New()
	if err != nil {
		t.Fatal(err)
	}
	table := conn.AddTable(&nftables.Table{Family: nftables.TableFamilyINet, Name: "filter"})
	chain := conn.AddChain(&nftables.Chain{Name: "input", Table: table, Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookInput, Priority: nftables.ChainPriorityFilter})
	for _, r := range rules {
		conn.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: r})
	}
	flush(t, conn)
	t.Cleanup(func() {
		conn.DelTable(table)
		flush(t, conn)
	})
}

// tcpPort is the beginning of a rule: `tcp dport N`.
func tcpPort(n uint16) []expr.Any {
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{6}},
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: port(n)},
	}
}

func TestFiltersWithoutTheirTools(t *testing.T) {
	sandbox.Need(t)
	ruleTable(t,
		append(tcpPort(9000), &expr.Counter{Packets: 3, Bytes: 180}, &expr.Verdict{Kind: expr.VerdictDrop}),
		append(tcpPort(80), &expr.Verdict{Kind: expr.VerdictAccept}),
		append(tcpPort(9001), &expr.Reject{Type: 1}),
	)
	h := collect(t, evidence.HostQuestion{})
	if len(h.Filters) != 2 {
		t.Fatalf("got %+v, want 2 filters", h.Filters)
	}
	want := evidence.Filter{Family: "inet", Table: "filter", Chain: "input", Hook: "input", Verdict: "drop",
		Handle: h.Filters[0].Handle, Protocol: "tcp", Port: 9000, Packets: 3, Text: "tcp dport 9000 counter packets 3 bytes 180 drop"}
	if h.Filters[0] != want || want.Handle == 0 {
		t.Errorf("got %+v, want %+v", h.Filters[0], want)
	}
	if got := h.Filters[1]; got.Verdict != "reject" || got.Port != 9001 || got.Text != "tcp dport 9001 reject with tcp reset" {
		t.Errorf("got %+v, want a reject of 9001", got)
	}
}

// needNFT loads rules with the nft command, which the tests use as their oracle only.
func needNFT(t *testing.T, load ...string) {
	t.Helper()
	sandbox.Need(t)
	if _, err := exec.LookPath(load[0]); err != nil {
		t.Skipf("needs the %s command to compare with", load[0])
	}
	if out, err := exec.Command(load[0], load[1:]...).CombinedOutput(); err != nil {
		t.Skipf("%s cannot load the rules here: %v: %s", load[0], err, out)
	}
	t.Cleanup(func() {
		conn, err := nftables.New()
		if err != nil {
			t.Fatal(err)
		}
		conn.FlushRuleset()
		flush(t, conn)
	})
}

// Every rule reads as `nft list ruleset` prints it.
func TestFilterTextIsThatOfNFT(t *testing.T) {
	needNFT(t, "nft", "-f", "testdata/rules.nft")
	listing, err := exec.Command("nft", "-a", "list", "ruleset").Output()
	if err != nil {
		t.Fatal(err)
	}
	want := map[uint64]string{}
	for _, m := range regexp.MustCompile(`(?m)^\s+(.*(?:drop|reject).*) # handle (\d+)$`).FindAllStringSubmatch(string(listing), -1) {
		handle, _ := strconv.ParseUint(m[2], 10, 64)
		want[handle] = m[1]
	}
	delete(want, handleOf(want, "ct state invalid drop")) // it concerns no new connection
	got := map[uint64]string{}
	for _, f := range collect(t, evidence.HostQuestion{}).Filters {
		got[f.Handle] = f.Text
	}
	if len(got) != len(want) || len(want) < 20 {
		t.Errorf("got %d rules, want %d", len(got), len(want))
	}
	for handle, text := range want {
		if got[handle] != text {
			t.Errorf("handle %d:\ngot  %s\nwant %s", handle, got[handle], text)
		}
	}
}

func handleOf(rules map[uint64]string, text string) uint64 {
	for handle, t := range rules {
		if t == text {
			return handle
		}
	}
	return 0
}

func TestFilterPorts(t *testing.T) {
	needNFT(t, "nft", "-f", "testdata/rules.nft")
	q := evidence.HostQuestion{Addresses: []string{"127.0.0.1:8003", "127.0.0.1:9000", "127.0.0.1:443", "127.0.0.1:5001"}}
	ports := map[string][]uint16{}
	for _, f := range collect(t, q).Filters {
		ports[f.Text] = append(ports[f.Text], f.Port)
		if f.Hook != "input" {
			t.Errorf("%s: got hook %q, want input", f.Text, f.Hook)
		}
	}
	for text, want := range map[string][]uint16{
		"tcp dport { 8000, 8001 } reject with tcp reset": {8000},
		"tcp dport { 8000-8005, 9000 } reject":           {8003, 9000},
		"tcp dport 1-1023 drop":                          {443},
		"tcp dport @blocked drop":                        {5001},
		"tcp dport != 80 drop":                           {443, 5001, 8003, 9000},
		"tcp dport vmap { 9020 : drop, 9021 : accept }":  {9020},
		"drop":                  {9030}, // its chain is reached for this port only
		"ct state invalid drop": nil,
		"meta l4proto tcp drop": {0},
	} {
		if !slices.Equal(ports[text], want) {
			t.Errorf("%s: got ports %v, want %v", text, ports[text], want)
		}
	}
}

// A rule is narrow where a connection to the asked address may not fit it.
func TestFilterNarrow(t *testing.T) {
	needNFT(t, "nft", "-f", "testdata/rules.nft")
	narrow := map[string]bool{}
	for _, f := range collect(t, evidence.HostQuestion{Addresses: []string{"127.0.0.1:9000", "127.0.0.1:9005"}}).Filters {
		narrow[f.Text] = f.Narrow
	}
	for text, want := range map[string]bool{
		"tcp dport { 8000-8005, 9000 } reject":                                  false,
		"tcp dport != 80 drop":                                                  false,
		"meta l4proto tcp drop":                                                 false,
		"ct state new tcp dport 9040 drop":                                      false,
		"tcp dport 9002 reject with icmp host-prohibited":                       false,
		"ip daddr 127.0.0.1 tcp dport 9005 drop":                                false,
		"iif \"lo\" tcp dport 9050 drop":                                        false,
		"ip saddr 10.0.0.0/8 tcp dport 9001 reject with icmpx admin-prohibited": true,
		"tcp dport 9010 limit rate 5/second drop comment \"hello\"":             true,
		"tcp sport 99 drop":                                                     true,
		"meta skuid 33 tcp dport 9060 reject":                                   true,
		"ip saddr != 127.0.0.0/24 drop":                                         true,
		"ip6 saddr fd00::/8 drop":                                               true,
		"tcp dport 7777 drop":                                                   true, // in a chain reached for 9030 only
	} {
		if got, ok := narrow[text]; !ok || got != want {
			t.Errorf("%s: got narrow %v (listed: %v), want %v", text, got, ok, want)
		}
	}
	for _, f := range collect(t, evidence.HostQuestion{Addresses: []string{"127.0.0.2:9005"}}).Filters {
		if f.Text == "ip daddr 127.0.0.1 tcp dport 9005 drop" && !f.Narrow {
			t.Errorf("%s, asked for 127.0.0.2: got not narrow", f.Text)
		}
	}
}

func TestFiltersOfIptables(t *testing.T) {
	needNFT(t, "iptables-nft", "-A", "INPUT", "-p", "tcp", "-m", "multiport", "--dports", "80,9000:9010", "-j", "DROP")
	for _, rule := range []string{
		"-p tcp --dport 9000 --syn -j REJECT --reject-with icmp-host-prohibited",
		"-m conntrack --ctstate INVALID -j DROP",
		"-m conntrack ! --ctstate INVALID -p udp --dport 53 -j DROP",
	} {
		if out, err := exec.Command("iptables-nft", append([]string{"-A", "INPUT"}, strings.Fields(rule)...)...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", rule, err, out)
		}
	}
	h := collect(t, evidence.HostQuestion{Addresses: []string{"127.0.0.1:9005"}})
	var got []string
	for _, f := range h.Filters {
		got = append(got, strings.Join([]string{f.Family, f.Chain, f.Hook, f.Verdict, f.Protocol, strconv.Itoa(int(f.Port))}, " "))
	}
	want := []string{"ip INPUT input drop tcp 9005", "ip INPUT input reject tcp 9000", "ip INPUT input drop udp 53"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPolicyDropIsSaid(t *testing.T) {
	sandbox.Need(t)
	conn, err := nftables.New()
	if err != nil {
		t.Fatal(err)
	}
	drop := nftables.ChainPolicyDrop
	table := conn.AddTable(&nftables.Table{Family: nftables.TableFamilyIPv6, Name: "strict"})
	conn.AddChain(&nftables.Chain{Name: "in", Table: table, Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookInput, Priority: nftables.ChainPriorityFilter, Policy: &drop})
	flush(t, conn)
	t.Cleanup(func() { conn.DelTable(table); flush(t, conn) })
	h := Collect(context.Background(), Options{}, evidence.HostQuestion{})
	wantUnread(t, h, "packet filter", "chain ip6 strict in has policy drop")
}

func wantUnread(t *testing.T, h *evidence.Host, source, why string) {
	t.Helper()
	for _, u := range h.Unread {
		if u.Source == source && strings.Contains(u.Why, why) {
			return
		}
	}
	t.Errorf("unread: got %+v, want %s: %s", h.Unread, source, why)
}

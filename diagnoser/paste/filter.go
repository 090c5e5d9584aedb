package paste

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var (
	iptablesRule = regexp.MustCompile(`^(?:\[(\d+):\d+\] )?-A (\S+) (.*)-j (DROP|REJECT)\b`)
	iptablesPort = regexp.MustCompile(`--dports? (\d+)\b`)
	iptablesRow  = regexp.MustCompile(`^\s*(?:(\d+)[KMG]?\s+\d+[KMG]?\s+)?(DROP|REJECT)\s+(tcp|all|6|0)\s+.*?(?:dpt:(\d+)\b.*)?$`)
	iptablesHead = regexp.MustCompile(`^Chain (\S+) \(`)
	nftTable     = regexp.MustCompile(`^\s*table (\w+) (\S+) \{`)
	nftChain     = regexp.MustCompile(`^\s*chain (\S+) \{`)
	nftHook      = regexp.MustCompile(`\bhook (\w+)\b`)
	nftRule      = regexp.MustCompile(`^\s*(.*?)\b(drop|reject)\b.*$`)
	nftPort      = regexp.MustCompile(`\btcp dport (\d+)\b`)
	nftHandle    = regexp.MustCompile(`# handle (\d+)`)
	nftPackets   = regexp.MustCompile(`counter packets (\d+)`)
)

// hooks are where iptables' own chains stand.
var hooks = map[string]string{"INPUT": "input", "OUTPUT": "output", "FORWARD": "forward", "DOCKER-USER": "forward", "ufw-user-input": "input", "IN_public_deny": "input"}

// filter reads rules that drop or reject: iptables -S, iptables-save -c, iptables -L, nft list ruleset.
var _ = register("filter", func(f *facts) taker {
	var chain, family, table, hook string
	return func(l line) bool {
		if l.prompt {
			chain, table = "", ""
			return false
		}
		text := l.text
		if m := iptablesRule.FindStringSubmatch(text); m != nil {
			f.iptables(m[2], m[3], strings.ToLower(m[4]), m[1], text)
			return true
		}
		if m := iptablesHead.FindStringSubmatch(text); m != nil {
			chain = m[1]
			return true
		}
		if m := iptablesRow.FindStringSubmatch(text); m != nil && chain != "" && table == "" {
			port := ""
			if m[4] != "" {
				port = "--dport " + m[4]
			}
			f.iptables(chain, port, strings.ToLower(m[2]), m[1], strings.TrimSpace(text))
			return true
		}
		if m := nftTable.FindStringSubmatch(text); m != nil {
			family, table = m[1], m[2]
			return true
		}
		if m := nftChain.FindStringSubmatch(text); m != nil && table != "" {
			chain, hook = m[1], ""
			return true
		}
		if m := nftHook.FindStringSubmatch(text); m != nil && table != "" {
			hook = m[1]
			return true
		}
		if m := nftRule.FindStringSubmatch(text); m != nil && table != "" && chain != "" && !strings.Contains(text, "policy") {
			f.nft(family, table, chain, hook, m[1], m[2], strings.TrimSpace(text))
			return true
		}
		return false
	}
})

func (f *facts) iptables(chain, match, verdict, packets, text string) {
	r := evidence.Filter{Family: "ip", Table: "filter", Chain: chain, Hook: hooks[chain], Verdict: verdict, Text: text}
	if m := iptablesPort.FindStringSubmatch(match); m != nil {
		r.Protocol, r.Port = "tcp", port16(m[1])
	}
	r.Packets, _ = strconv.ParseUint(packets, 10, 64)
	for _, narrow := range []string{"-s ", "-d ", "-i ", "--state", "--ctstate", "-m limit", "!"} {
		r.Narrow = r.Narrow || strings.Contains(match, narrow)
	}
	f.host.Filters = append(f.host.Filters, r)
}

func (f *facts) nft(family, table, chain, hook, match, verdict, text string) {
	r := evidence.Filter{Family: family, Table: table, Chain: chain, Hook: hook, Verdict: verdict, Text: text}
	if m := nftPort.FindStringSubmatch(match); m != nil {
		r.Protocol, r.Port = "tcp", port16(m[1])
	}
	if m := nftHandle.FindStringSubmatch(text); m != nil {
		r.Handle, _ = strconv.ParseUint(m[1], 10, 64)
	}
	if m := nftPackets.FindStringSubmatch(match); m != nil {
		r.Packets, _ = strconv.ParseUint(m[1], 10, 64)
	}
	rest := nftPackets.ReplaceAllString(nftPort.ReplaceAllString(match, ""), "")
	r.Narrow = strings.TrimSpace(strings.TrimSuffix(regexp.MustCompile(`bytes \d+`).ReplaceAllString(rest, ""), " ")) != ""
	f.host.Filters = append(f.host.Filters, r)
}

func port16(s string) uint16 {
	n, _ := strconv.ParseUint(s, 10, 16)
	return uint16(n)
}

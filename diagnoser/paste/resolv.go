package paste

import (
	"net/netip"
	"slices"
	"strings"
)

// resolv reads the lines of resolv.conf(5): who is asked, and what completes short names.
var _ = register("resolv.conf", func(f *facts) taker {
	return func(l line) bool {
		if l.prompt || len(l.fields) < 2 {
			return false
		}
		switch l.fields[0] {
		case "nameserver":
			if _, err := netip.ParseAddr(l.fields[1]); err != nil || len(l.fields) > 2 {
				return false
			}
			f.host.Nameservers = append(f.host.Nameservers, l.fields[1])
		case "search", "domain":
			if !slices.ContainsFunc(l.fields[1:], isDomain) || slices.ContainsFunc(l.fields[1:], func(w string) bool { return !isDomain(w) && w != "local" && w != "lan" }) {
				return false
			}
			f.host.Search = append(f.host.Search, l.fields[1:]...)
		default:
			return false
		}
		return true
	}
})

// isDomain tells whether a word is a name of several labels.
func isDomain(word string) bool {
	return strings.Contains(strings.Trim(word, "."), ".") && strings.Trim(strings.ToLower(word), "abcdefghijklmnopqrstuvwxyz0123456789.-_") == ""
}

package diagnoser

import (
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

func TestFilterCanHit(t *testing.T) {
	rule := func(family, hook string, port uint16, narrow bool) evidence.Filter {
		return evidence.Filter{Family: family, Table: "t", Chain: "c", Handle: 4, Hook: hook, Verdict: "drop", Protocol: "tcp", Port: port, Narrow: narrow, Text: "x"}
	}
	const local, remote, six = "127.0.0.1:8000", "192.0.2.9:8000", "[::1]:8000"
	for _, c := range []struct {
		name, address string
		filter        evidence.Filter
		want          string
	}{
		{"on the way in", local, rule("inet", "input", 8000, false), Proved},
		{"on the way out", local, rule("ip", "output", 8000, false), Proved},
		{"of packets on their way through", local, rule("inet", "forward", 8000, false), ""},
		{"at a hook that is not known", local, rule("inet", "", 8000, false), Likely},
		{"of every port", local, rule("inet", "input", 0, false), Likely},
		{"of more than the port", local, rule("inet", "input", 8000, true), Likely},
		{"of another port", local, rule("inet", "input", 8001, false), ""},
		{"of the other family", local, rule("ip6", "input", 8000, false), ""},
		{"of the other family, to ::1", six, rule("ip", "input", 8000, false), ""},
		{"of its family, to ::1", six, rule("ip6", "input", 8000, false), Proved},
		{"on the way in, to another host", remote, rule("inet", "input", 8000, false), ""},
		{"on the way out, to another host", remote, rule("inet", "output", 8000, false), Proved},
	} {
		in := &inquiry{Reading: &Reading{}, host: &evidence.Host{
			Filters: []evidence.Filter{c.filter}, Routes: []evidence.Route{{Destination: remote, Kind: "unicast"}}}}
		target := evidence.Target{Protocol: "http", Network: "tcp", Address: c.address}
		got := ""
		if f := in.filter(target, "drop"); f != nil {
			got = in.filtered(f, target).certainty
		}
		if got != c.want {
			t.Errorf("a rule %s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestFilterPrefersTheSurestRule(t *testing.T) {
	in := &inquiry{Reading: &Reading{}, host: &evidence.Host{Filters: []evidence.Filter{
		{Family: "inet", Handle: 1, Hook: "input", Verdict: "drop"},
		{Family: "inet", Handle: 2, Hook: "input", Verdict: "drop", Protocol: "tcp", Port: 8000, Narrow: true},
		{Family: "inet", Handle: 3, Hook: "input", Verdict: "drop", Protocol: "tcp", Port: 8000},
		{Family: "inet", Handle: 4, Hook: "input", Verdict: "reject", Protocol: "tcp", Port: 8000},
	}}}
	got := in.filter(evidence.Target{Network: "tcp", Address: "127.0.0.1:8000"}, "drop")
	if got == nil || got.Handle != 3 {
		t.Errorf("got %+v, want the rule with handle 3", got)
	}
}

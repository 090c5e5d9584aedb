package kernel

import (
	"slices"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/host/sandbox"
)

// Each fault and address is to be seen in the state, and to be gone from it when it is undone.
func TestStateShowsWhatAFaultChanges(t *testing.T) {
	sandbox.Need(t)
	before := state(t)
	for name, make := range map[string]func() (func() error, error){
		"drop": func() (func() error, error) { return Apply(t.Context(), Fault{Drop: &Drop{Port: 9}}) },
		"reject": func() (func() error, error) {
			return Apply(t.Context(), Fault{Reject: &Reject{Port: 9, With: "tcp-reset"}})
		},
		"route": func() (func() error, error) {
			return Apply(t.Context(), Fault{Route: &Route{To: "127.0.0.9", Kind: "prohibit"}})
		},
		"network": func() (func() error, error) {
			return Apply(t.Context(), Fault{Route: &Route{To: "192.0.2.0/24", Kind: "blackhole"}})
		},
		"address": func() (func() error, error) { return AddAddress("192.0.2.10") },
		"ipv6":    func() (func() error, error) { return AddAddress("2001:db8::10") },
	} {
		undo, err := make()
		if err != nil {
			t.Fatal(err)
		}
		if now := state(t); slices.Equal(now, before) {
			t.Errorf("%s does not show: %q", name, now)
		}
		if err := undo(); err != nil {
			t.Fatal(err)
		}
		if now := state(t); !slices.Equal(now, before) {
			t.Errorf("after %s: got %q, want %q", name, now, before)
		}
	}
}

func state(t *testing.T) []string {
	t.Helper()
	list, err := State()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

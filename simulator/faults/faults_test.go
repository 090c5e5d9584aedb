package faults

import (
	"slices"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/simulator"
)

var versions = []string{"1.18", "1.22", "1.26", "1.30"}

func TestDeclarations(t *testing.T) {
	for f := range All() {
		t.Run(f.Name, func(t *testing.T) {
			if f.Doc == "" || f.Source == "" || len(f.Places) == 0 {
				t.Error("doc, source or places are missing")
			}
			for _, p := range f.Places {
				for _, v := range versions {
					if _, ok := f.Expect(p, v); !ok {
						t.Errorf("no outcome is declared over %s with nginx %s", p, v)
					}
				}
			}
		})
	}
}

// Each fault compiles at each of its places, and nowhere else.
func TestPlansCompile(t *testing.T) {
	for f := range All() {
		for _, p := range f.Places {
			c, err := f.Config(p, listenAt(t, p))
			if err != nil {
				t.Fatal(err)
			}
			if _, err = simulator.New(c); err != nil && !strings.Contains(err.Error(), "NET_ADMIN") {
				t.Errorf("%s over %s: %v", f.Name, p, err)
			}
		}
	}
}

func listenAt(t *testing.T, p Place) string {
	if p.Transport == Unix {
		return "unix:" + t.TempDir() + "/app.sock"
	}
	return "tcp:127.0.0.1:0"
}

func TestConfigRefusesOtherPlaces(t *testing.T) {
	f, err := Lookup("socket-missing")
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Config(Place{HTTP, TCP}, "tcp:127.0.0.1:0")
	want := "fault socket-missing does not exist over http-tcp (known: http-unix, fastcgi-unix, uwsgi-unix)"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestLookupListsTheKnown(t *testing.T) {
	_, err := Lookup("reset-in-heder")
	if err == nil || !strings.HasPrefix(err.Error(), `unknown fault "reset-in-heder" (known: `) || !strings.Contains(err.Error(), "reset-in-header") {
		t.Errorf("got %v, want the known ones", err)
	}
}

func TestAllIsSorted(t *testing.T) {
	var names []string
	for f := range All() {
		names = append(names, f.Name)
	}
	if len(names) < 50 || !slices.IsSorted(names) {
		t.Errorf("got %d names, sorted: %v", len(names), slices.IsSorted(names))
	}
}

func TestExpectByVersion(t *testing.T) {
	f := Fault{Outcomes: []Outcome{Outcome{Status: 1}.until("1.22"), Outcome{Status: 2}.at(Place{HTTP, TCP}), {Status: 3}}}
	for _, c := range []struct {
		version string
		place   Place
		want    int
	}{{"1.18", Place{HTTP, TCP}, 1}, {"1.22.1", Place{HTTP, Unix}, 1}, {"1.26", Place{HTTP, TCP}, 2}, {"1.30", Place{HTTP, Unix}, 3}} {
		if got, ok := f.Expect(c.place, c.version); !ok || got.Status != c.want {
			t.Errorf("%s %s: got %d, want %d", c.version, c.place, got.Status, c.want)
		}
	}
}

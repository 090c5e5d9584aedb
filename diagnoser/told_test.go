package diagnoser

import (
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// TestCollectedNamesStayBesideTexts: what was resolved on the host holds, whatever else commands printed.
func TestCollectedNamesStayBesideTexts(t *testing.T) {
	r, err := Read(t.Context(), evidence.Evidence{Texts: []evidence.Log{{Name: "getenforce", Text: "$ getenforce\nEnforcing\n"}}})
	if err != nil {
		t.Fatal(err)
	}
	in := r.inquire(&evidence.Host{Told: evidence.Told{Names: []evidence.Name{{Name: "app.internal"}}}}, nil)
	if len(in.told().Names) != 1 || in.setting("getenforce") != "enforcing" {
		t.Errorf("got %+v, want both the name and the setting", in.told())
	}
}

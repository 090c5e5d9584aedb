// Package linewisetest holds what is true of every edit of a configuration in lines.
package linewisetest

import (
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/diagnoser/edit"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/linewise"
)

// FuzzEdit is the property that fuzzing holds a proxy's configuration to: each edit of a
// peer that Check lets pass is byte-exact outside of it, reads again, and does what it says.
func FuzzEdit(t *testing.T, read func([]evidence.File) (*linewise.Config, error), text string, which uint8) {
	t.Helper()
	c, err := read([]evidence.File{{Path: "f", Text: text}})
	if err != nil {
		return
	}
	for _, d := range c.Lines {
		if d.Start < 0 || d.End > len(text) || d.Start >= d.End || c.Column(d) < 1 || strings.Count(text[:d.Start], "\n")+1 != d.Line {
			t.Fatalf("%q: got bytes %d to %d, line %d", d.Text(), d.Start, d.End, d.Line)
		}
	}
	if len(c.Peers) == 0 {
		return
	}
	i := int(which) % len(c.Peers)
	p := c.Peers[i]
	const long = 1000 * time.Second
	for _, phase := range []string{evidence.Connecting, evidence.ReadingHeader} {
		if again := carried(t, c, c.Longer(p, phase, long)); again != nil {
			if wait, _ := again.Wait(again.Peers[i], phase); wait != long {
				t.Fatalf("got a wait of %s in phase %s, want %s, of\n%q\nas\n%q", wait, phase, long, text, again.Files[0].Text)
			}
		}
	}
	address := "192.0.2.99:99"
	if p.Network == "unix" {
		address = "/run/other.sock"
	}
	if again := carried(t, c, c.Readdress(p, address)); again != nil && again.Peers[i].Address != address {
		t.Fatalf("got %+v, want %s, of\n%q\nas\n%q", again.Peers[i], address, text, again.Files[0].Text)
	}
}

// carried carries edits out and reads the result, nil where Check refuses them.
func carried(t *testing.T, c *linewise.Config, edits []edit.Edit) *linewise.Config {
	t.Helper()
	if len(edits) != 1 || c.Check(edits) != nil {
		return nil
	}
	e, before := edits[0], c.Files[0].Text
	files, err := edit.Files(c.Files, edits)
	if err != nil {
		t.Fatal(err)
	}
	after := files[0].Text
	if after[:e.Offset] != before[:e.Offset] || after[e.Offset+len(e.New):] != before[e.Offset+len(e.Old):] {
		t.Fatalf("%+v: more changed than the edit says", e)
	}
	again, err := c.Read(files)
	if err != nil || len(again.Peers) != len(c.Peers) {
		t.Fatalf("%+v: got %v and %d peers of %d, of\n%q", e, err, len(again.Peers), len(c.Peers), before)
	}
	return again
}

package drill

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/harness/scenario"
)

var update = flag.Bool("update", false, "rewrite diagnoser/CONFUSION.md")

// confusion counts the first findings by the declared cause.
type confusion map[string]map[string]int

func (c confusion) add(declared, found string) {
	if c[declared] == nil {
		c[declared] = map[string]int{}
	}
	c[declared][found]++
}

// TestConfusion proves that the page of what is taken for what is current: each recorded
// drill is diagnosed with all its evidence, and with its log alone.
func TestConfusion(t *testing.T) {
	catalogue, err := scenario.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	whole, alone := confusion{}, confusion{}
	for _, d := range catalogue.Drills() {
		files, err := filepath.Glob(filepath.Join("..", "..", "scenarios", d.Name, "recorded", d.Variant+"-*.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			ev := recorded(t, file)
			whole.add(d.Cause, firstFinding(t, ev))
			alone.add(d.Cause, firstFinding(t, evidence.Evidence{Proxy: ev.Proxy, Logs: ev.Logs}))
		}
	}
	got := []byte("# What is taken for what\n\n" +
		"Generated from the recorded drills by `go test ./harness/drill -run TestConfusion -update`; a test proves it current.\n" +
		"A recording is one drill with one version of nginx. Each row is a declared cause, with what the diagnosis names first.\n" +
		whole.section("With all evidence: log, configuration, host, probes") + alone.section("With the log alone"))
	page := filepath.Join("..", "..", "diagnoser", "CONFUSION.md")
	if *update {
		if err := os.WriteFile(page, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(page); err != nil || !bytes.Equal(want, got) {
		t.Errorf("%s is not current (%v); want\n%s", page, err, got)
	}
}

func recorded(t *testing.T, file string) (ev evidence.Evidence) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &ev); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return ev
}

func firstFinding(t *testing.T, ev evidence.Evidence) string {
	t.Helper()
	report, err := diagnoser.Examine(t.Context(), ev)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Findings) == 0 {
		return "nothing"
	}
	return report.Findings[0].Cause
}

// section writes the counts as a table: only what was found at least once is named.
func (c confusion) section(title string) string {
	var b strings.Builder
	right, all := 0, 0
	for declared, row := range c {
		for found, n := range row {
			all += n
			if found == declared {
				right += n
			}
		}
	}
	fmt.Fprintf(&b, "\n## %s\n\n%d of %d recordings are named as declared.\n\n", title, right, all)
	b.WriteString("| declared | recordings | right | taken for |\n| --- | --- | --- | --- |\n")
	for _, declared := range slices.Sorted(maps.Keys(c)) {
		total, others := 0, []string{}
		for _, found := range slices.Sorted(maps.Keys(c[declared])) {
			n := c[declared][found]
			total += n
			if found != declared {
				others = append(others, fmt.Sprintf("%s %d", found, n))
			}
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %s |\n", declared, total, c[declared][declared], strings.Join(others, ", "))
	}
	return b.String()
}

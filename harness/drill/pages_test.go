package drill

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/containers/nginx"
	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	nginxlog "github.com/badgateway/badgateway/diagnoser/nginx"
	"github.com/badgateway/badgateway/harness/scenario"
)

// TestPages proves that the catalogue's pages are current: one for each cause, with what was
// recorded of its drills and what the diagnosis says of it.
func TestPages(t *testing.T) {
	catalogue, err := scenario.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	byCause := map[string][]*scenario.Scenario{}
	for _, s := range catalogue.All() {
		byCause[s.Cause] = append(byCause[s.Cause], s)
	}
	dir := filepath.Join("..", "..", "scenarios", "causes")
	want := map[string][]byte{"README.md": pageIndex(byCause)}
	for cause, list := range byCause {
		want[cause+".md"] = causePage(t, cause, list)
	}
	if *update {
		rewrite(t, dir, want)
	}
	have, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, path := range have {
		if want[filepath.Base(path)] == nil {
			t.Errorf("%s is of no cause; run go test ./harness/drill -update", path)
		}
	}
	for name, text := range want {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s is not current (%v); run go test ./harness/drill -update", filepath.Join(dir, name), err)
		}
	}
}

func rewrite(t *testing.T, dir string, pages map[string][]byte) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func pageIndex(byCause map[string][]*scenario.Scenario) []byte {
	var b bytes.Buffer
	b.WriteString("# Causes\n\nGenerated from the scenarios and their recordings by `go test ./harness/drill -update`; a test proves it current.\n\n" +
		"| cause | what it is | scenarios |\n| --- | --- | --- |\n")
	for _, cause := range slices.Sorted(maps.Keys(byCause)) {
		c, _ := diagnoser.CauseNamed(cause)
		var links []string
		for _, s := range byCause[cause] {
			links = append(links, fmt.Sprintf("[%s](../%s)", s.Name, s.Name))
		}
		fmt.Fprintf(&b, "| [%s](%s.md) | %s | %s |\n", cause, cause, c.Meaning, strings.Join(links, ", "))
	}
	return b.Bytes()
}

func causePage(t *testing.T, cause string, list []*scenario.Scenario) []byte {
	t.Helper()
	text, err := diagnoser.Explain(cause)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n\n%s", cause, fenced(text))
	for _, s := range list {
		fmt.Fprintf(&b, "\n## [%s](../%s)\n\n%s\n\n%s\n", s.Title, s.Name, quoted(s.Story), behavior(s))
		for _, d := range s.Drills() {
			b.WriteString(drillPart(t, d))
		}
	}
	return b.Bytes()
}

// behavior is the table of variants: over what, in which versions, with which status.
func behavior(s *scenario.Scenario) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| variant | %s | remedy |\n| --- |%s --- |\n", strings.Join(nginx.Versions(), " | "), strings.Repeat(" --- |", len(nginx.Versions())))
	for _, d := range s.Drills() {
		fmt.Fprintf(&b, "| %s |", d.Variant)
		for _, v := range nginx.Versions() {
			if d.On(v) {
				fmt.Fprintf(&b, " %d |", d.Symptom().Status)
			} else {
				b.WriteString(" there is no such failure |")
			}
		}
		fmt.Fprintf(&b, " %s |\n", d.Remedy())
	}
	return b.String()
}

// drillPart shows what was recorded of a variant: the log in each version that words it in another
// way, and the diagnosis with the newest. Variants that only repeat the first one are left out.
func drillPart(t *testing.T, d scenario.Drill) string {
	t.Helper()
	if d.Variant != d.VariantNames()[0] {
		return ""
	}
	logged, newest := map[string][]string{}, ""
	var order []string
	var last evidence.Evidence
	for _, v := range nginx.Versions() {
		file := filepath.Join("..", "..", "scenarios", d.Name, "recorded", d.Variant+"-"+v+".json")
		if _, err := os.Stat(file); err != nil {
			continue
		}
		ev := recorded(t, file)
		text := messages(t, ev)
		if logged[text] == nil {
			order = append(order, text)
		}
		logged[text] = append(logged[text], v)
		last, newest = ev, v
	}
	var b strings.Builder
	for _, text := range order {
		fmt.Fprintf(&b, "\nnginx %s logs (%s):\n\n%s", strings.Join(logged[text], ", "), d.Variant, fenced(text))
	}
	report, err := diagnoser.Examine(t.Context(), last)
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	if err := report.WriteText(&said, diagnoser.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&b, "\nThe diagnosis from the evidence alone (nginx %s):\n\n%s", newest, fenced(said.String()))
	return b.String()
}

// messages are what the log says, each thing once, without what differs from run to run.
func messages(t *testing.T, ev evidence.Evidence) string {
	t.Helper()
	var list []string
	for _, l := range ev.Logs {
		_, err := nginxlog.Scan(t.Context(), l.Name, strings.NewReader(l.Text), nginxlog.Sink{Event: func(e evidence.Event) {
			if !slices.Contains(list, e.Message) {
				list = append(list, e.Message)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	return strings.Join(list, "\n")
}

func quoted(text string) string {
	return "> " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n> ")
}

// fenced puts text into a block that nothing in it can end.
func fenced(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + "\n" + strings.TrimSpace(text) + "\n" + fence + "\n"
}

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
	want := map[string][]byte{"README.md": append(pageIndex(byCause), differences(t, catalogue.Drills())...)}
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
		fmt.Fprintf(&b, "\n## [%s](../%s)\n\n%s\n\n%s", s.Title, s.Name, quoted(s.Story), behavior(s))
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
	var b strings.Builder
	said := sayings(t, d)
	for _, s := range said {
		fmt.Fprintf(&b, "\nnginx %s logs (%s):\n\n%s", strings.Join(s.versions, ", "), d.Variant, fenced(s.text))
	}
	last, newest := lastRecorded(t, d)
	report, err := diagnoser.Examine(t.Context(), last)
	if err != nil {
		t.Fatal(err)
	}
	var found strings.Builder
	if err := report.WriteText(&found, diagnoser.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&b, "\nThe diagnosis from the evidence alone (nginx %s):\n\n%s", newest, fenced(found.String()))
	return b.String()
}

// saying is what some versions log word for word.
type saying struct {
	text     string
	versions []string
}

// sayings are the logs of a drill, each with the versions that were recorded with it.
func sayings(t *testing.T, d scenario.Drill) (list []saying) {
	t.Helper()
	for _, v := range nginx.Versions() {
		ev, ok := recordedWith(t, d, v)
		if !ok {
			continue
		}
		text := messages(t, ev)
		at := slices.IndexFunc(list, func(s saying) bool { return s.text == text })
		if at < 0 {
			list, at = append(list, saying{text: text}), len(list)
		}
		list[at].versions = append(list[at].versions, v)
	}
	return list
}

// recordedWith is the evidence of a drill with one version, if it was recorded.
func recordedWith(t *testing.T, d scenario.Drill, version string) (ev evidence.Evidence, ok bool) {
	t.Helper()
	file := filepath.Join("..", "..", "scenarios", d.Name, "recorded", d.Variant+"-"+version+".json")
	if _, err := os.Stat(file); err != nil {
		return ev, false
	}
	return recorded(t, file), true
}

func lastRecorded(t *testing.T, d scenario.Drill) (last evidence.Evidence, version string) {
	t.Helper()
	for _, v := range nginx.Versions() {
		if ev, ok := recordedWith(t, d, v); ok {
			last, version = ev, v
		}
	}
	return last, version
}

// differences is the part of the index that tells where the versions of nginx do not behave alike.
func differences(t *testing.T, drills []scenario.Drill) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("\n## Where versions of nginx differ\n\nDrills that do not fail in every version, or that another version words in another way. All others are the same in " +
		strings.Join(nginx.Versions(), ", ") + ".\n\n| drill | fails in | logged |\n| --- | --- | --- |\n")
	for _, d := range drills {
		var on []string
		for _, v := range nginx.Versions() {
			if d.On(v) {
				on = append(on, v)
			}
		}
		said := sayings(t, d)
		if len(on) == len(nginx.Versions()) && len(said) < 2 {
			continue
		}
		var logged []string
		for _, s := range said {
			logged = append(logged, strings.Join(s.versions, ", ")+": `"+strings.ReplaceAll(strings.ReplaceAll(s.text, "\n", " ⏎ "), "|", `\|`)+"`")
		}
		fmt.Fprintf(&b, "| [%s](../%s) %s | %s | %s |\n", d.Name, d.Name, d.Variant, strings.Join(on, ", "), strings.Join(logged, "<br>"))
	}
	return b.Bytes()
}

// messages are what the log says, a line for each.
func messages(t *testing.T, ev evidence.Evidence) string {
	t.Helper()
	list, err := Messages(t.Context(), ev)
	if err != nil {
		t.Fatal(err)
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

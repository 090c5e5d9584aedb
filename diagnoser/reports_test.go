package diagnoser

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// shortReport is a failure as somebody reports it, of testdata/reports: a log, and perhaps a
// configuration and words beside it. Each begins with "# name = cause [proxy]"; the cause "other" is one of
// no upstream failure. Lines that begin with a level's letter are records of nginx, shortened.
type shortReport struct {
	name, cause, proxy string
	other              bool
	parts              map[string]string // "log", "config", "said"
}

func readReports(t *testing.T) (all []shortReport) {
	t.Helper()
	files, err := filepath.Glob("testdata/reports/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no reports", err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, section := range strings.Split("\n"+string(text), "\n# ")[1:] {
			all = append(all, parseReport(t, section))
		}
	}
	return all
}

func parseReport(t *testing.T, section string) shortReport {
	head, body, _ := strings.Cut(section, "\n")
	name, rest, _ := strings.Cut(head, " = ")
	words := strings.Fields(rest)
	r := shortReport{name: name, cause: words[0], proxy: "nginx", parts: map[string]string{}}
	if r.other = words[0] == "other"; r.other {
		r.cause, words = words[1], words[1:]
	}
	if len(words) > 1 {
		r.proxy = words[1]
	}
	if _, ok := CauseNamed(r.cause); !ok && r.cause != "quiet" {
		t.Fatalf("%s: no cause %q", name, r.cause)
	}
	part := "log"
	for _, line := range strings.Split(body, "\n") {
		if next, ok := strings.CutPrefix(line, "-- "); ok {
			part = next
			continue
		}
		if part == "log" {
			line = lengthened(line)
		}
		r.parts[part] += line + "\n"
	}
	return r
}

var levels = map[string]string{"E": "error", "C": "crit", "W": "warn", "A": "alert", "M": "emerg", "I": "info", "N": "notice"}

// lengthened writes a record of nginx out: "E message @ METHOD URI UPSTREAM [CLIENT]".
func lengthened(line string) string {
	letter, message, _ := strings.Cut(line, " ")
	level := levels[letter]
	if level == "" {
		return line
	}
	message, about, found := strings.Cut(message, " @ ")
	record := fmt.Sprintf("2026/05/12 08:11:02 [%s] 31#31: ", level)
	if !found {
		return record + message
	}
	f := append(strings.Fields(about), "203.0.113.9")
	record += fmt.Sprintf("*7 %s, client: %s, server: shop.example, request: \"%s %s HTTP/1.1\"", message, f[3], f[0], f[1])
	if f[2] != "-" {
		record += fmt.Sprintf(", upstream: %q", f[2])
	}
	return record + `, host: "shop.example"`
}

// named are the causes of upstream failures that a report names, in its order.
func (r *Report) named() (causes []string) {
	for _, f := range r.Findings {
		if f.Kind == "other" {
			continue
		}
		for _, c := range append([]Alternative{{Cause: f.Cause}}, f.Alternatives...) {
			if !slices.Contains(causes, c.Cause) {
				causes = append(causes, c.Cause)
			}
		}
	}
	return causes
}

func (s shortReport) diagnose(t *testing.T) []string {
	ev := evidence.Evidence{Logs: []evidence.Log{{Name: "error.log", Text: s.parts["log"]}}}
	if s.proxy != "other-gateway" {
		ev.Proxy.Kind = s.proxy
	}
	if c := s.parts["config"]; c != "" {
		ev.Config = []evidence.File{{Path: "proxy.conf", Text: c}}
	}
	if p := s.parts["said"]; p != "" {
		ev.Texts = []evidence.Log{{Name: "said.txt", Text: p}}
	}
	return diagnose(t, ev).named()
}

func familyOf(cause string) string {
	c, _ := CauseNamed(cause)
	return c.Family
}

// The shares of short reports of which the cause is found first, in its family, and among the first three.
const (
	reportsTop1   = 0.945
	reportsFamily = 0.97
	reportsTop3   = 0.975
)

// Reports of all kinds lead to their cause, and those of other things to no upstream failure.
func TestShortReports(t *testing.T) {
	var failures, top1, family, top3 float64
	for _, s := range readReports(t) {
		named := s.diagnose(t)
		if s.other {
			if len(named) > 0 {
				t.Errorf("%s: %v of what is %s", s.name, named[:1], s.cause)
			}
			continue
		}
		failures++
		switch {
		case len(named) == 0:
			t.Logf("%-26s %-26s nothing", s.name, s.cause)
			continue
		case named[0] == s.cause:
			top1++
		default:
			t.Logf("%-26s %-26s got %v", s.name, s.cause, named[:min(3, len(named))])
		}
		if familyOf(named[0]) == familyOf(s.cause) {
			family++
		}
		if slices.Contains(named[:min(3, len(named))], s.cause) {
			top3++
		}
	}
	t.Logf("of %.0f: first %.3f, family %.3f, among three %.3f", failures, top1/failures, family/failures, top3/failures)
	if top1 < reportsTop1*failures || family < reportsFamily*failures || top3 < reportsTop3*failures {
		t.Errorf("below %.3f, %.3f, %.3f", reportsTop1, reportsFamily, reportsTop3)
	}
}

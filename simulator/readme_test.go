package simulator

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Each plan in the tables of TLS and of other protocols compiles as it is written.
func TestPlansInREADME(t *testing.T) {
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(data), "\n## TLS\n")
	text, _, _ = strings.Cut(text, "\n## What a plan can say")
	plans := 0
	for line := range strings.Lines(text) {
		cells := strings.Split(line, " | ")
		if len(cells) != 2 {
			continue
		}
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[0], -1) {
			plan, protocol := m[1], "http"
			switch {
			case strings.HasPrefix(plan, "tls:"):
				plan = "endpoint: {" + plan + "}"
			case strings.HasPrefix(plan, "["):
				plan = "{endpoint: {tls: good}, connections: [{script: " + plan + "}]}"
			default:
				protocol = "raw"
			}
			p, err := ParsePlan(m[1], []byte(plan))
			if err == nil {
				_, err = New(Config{Listen: "tcp:127.0.0.1:0", Protocol: protocol, Plan: p})
			}
			if err != nil {
				t.Errorf("%s: %v", m[1], err)
			}
			plans++
		}
	}
	if plans < 30 {
		t.Errorf("found %d plans, want those of three tables", plans)
	}
}

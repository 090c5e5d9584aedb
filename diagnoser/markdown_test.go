package diagnoser

import (
	"bytes"
	"strings"
	"testing"
)

// hostile tries to end a fence, to be HTML, a link, a mention, a terminal's escape, and to turn the line round.
const hostile = "```\n# owned\n<script>alert(1)</script> [x](http://evil.example) @all \x1b[2J\u202etxt `tick` | a\r\n````"

func hostileReport() *Report {
	return &Report{Version: 1, Findings: []Finding{{
		Cause: "backend-down", Kind: "upstream-failure", Certainty: Likely, Status: 502, Count: 2, Upstream: hostile, Server: hostile,
		Where: &Where{File: hostile, Line: 1, Column: 1, Directive: hostile}, Evidence: []Fact{{Source: "log", Text: hostile, Ref: hostile + ":7"}},
		Against: []Fact{{Source: "log", Text: hostile}}, Alternatives: []Alternative{{Cause: "app-hang", Why: hostile, Check: hostile}}, Confirm: hostile,
		Remedies: []Remedy{{Action: EditConfig, Summary: hostile, Diff: "-" + hostile + "\n+" + hostile, Commands: []string{hostile}, Proof: hostile}}}}}
}

// TestMarkdownKeepsTextIn reads the note as a renderer does: outside fences nothing of the
// text is markup, and every fence is closed by its own mark only.
func TestMarkdownKeepsTextIn(t *testing.T) {
	var b bytes.Buffer
	if err := hostileReport().WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	fence := ""
	for line := range strings.Lines(b.String()) {
		line = strings.TrimSuffix(line, "\n")
		mark := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case fence == "" && len(mark) >= 3:
			fence = mark
			continue
		case fence != "" && line == fence:
			fence = ""
			continue
		case fence != "":
			continue
		}
		if bare := withoutSpans(line); strings.Contains(bare, "<script") || strings.Contains(bare, "[x](") || strings.Contains(bare, "@all") || strings.HasPrefix(line, "# owned") {
			t.Errorf("got %q outside a fence", line)
		}
	}
	if fence != "" {
		t.Errorf("got a fence %q that nothing closes", fence)
	}
}

// withoutSpans takes code spans out: from a run of backticks to the next run of that length.
func withoutSpans(line string) string {
	for {
		start := strings.Index(line, "`")
		if start > 0 && line[start-1] == '\\' {
			line = line[:start-1] + line[start+1:]
			continue
		}
		if start < 0 {
			return line
		}
		run := len(line[start:]) - len(strings.TrimLeft(line[start:], "`"))
		mark := line[start : start+run]
		rest := line[start+run:]
		end := 0
		for {
			i := strings.Index(rest[end:], mark)
			if i < 0 {
				return line
			}
			end += i
			after := len(rest[end:]) - len(strings.TrimLeft(rest[end:], "`"))
			if after == run {
				line = line[:start] + rest[end+run:]
				break
			}
			end += after
		}
	}
}

// TestNoFormLetsControlCharactersThrough: no escape, no line of its own, no reversed text.
func TestNoFormLetsControlCharactersThrough(t *testing.T) {
	for form, text := range forms(t, hostileReport(), nil) {
		if strings.ContainsAny(text, "\x1b\u202e\r") {
			t.Errorf("%s: got a control character in\n%q", form, text)
		}
	}
}

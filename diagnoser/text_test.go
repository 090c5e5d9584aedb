package diagnoser

import (
	"bytes"
	"strings"
	"testing"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain ünïcode ✓": "plain ünïcode ✓", "\x1b[31mred\x07": `\x1b[31mred\x07`, "a\r\nb": `a\x0d\x0ab`,
		"bad \xff byte": `bad \xff byte`, "\u009b31m": `\u009b31m`, "a\u202eb": `a\u202eb`, "\tx": "    x", "a\u2028b": `a\u2028b`,
	} {
		if got := printable(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestWriteTextEscapesLogs(t *testing.T) {
	report := &Report{Findings: []Finding{{
		Cause: "backend-down", Certainty: Likely, Status: 502, Upstream: "http://\x1b]0;x\x07", Server: "a\x1b[2J",
		Where:        &Where{File: "/etc/\x1bx", Line: 1, Column: 1, Directive: "proxy_pass"},
		Evidence:     []Fact{{Source: "log", Text: "a\x1b[31mb\nc", Ref: "e\x1b:1"}},
		Against:      []Fact{{Source: "probe", Text: "\x1b"}},
		Alternatives: []Alternative{{"wrong-port", "\x1b", "ss \x1b"}},
		Remedies:     []Remedy{{Action: EditConfig, Summary: "\x1b", Diff: "-\x1b[0m\n+b", Commands: []string{"nginx \x1b"}, Proof: "\x1b"}},
	}}}
	var b bytes.Buffer
	if err := report.WriteText(&b, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\x07") {
		t.Errorf("got %q", b.String())
	}
	b.Reset()
	if err := report.WriteText(&b, TextOptions{Color: true}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "\x1b[32m    +b\x1b[0m") {
		t.Errorf("got no color in %q", b.String())
	}
}

func TestWrap(t *testing.T) {
	got := wrap("one two three "+strings.Repeat("x", 12)+" four\nfive", "  ", 10)
	want := "  one two\n  three\n  xxxxxxxxxxxx\n  four\n  five\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTextWidth(t *testing.T) {
	report := &Report{Findings: []Finding{{Cause: "backend-down", Certainty: Proved, Upstream: strings.Repeat("u ", 100),
		Evidence: []Fact{{Source: "log", Text: strings.Repeat("word ", 100)}}}}}
	for _, width := range []int{40, 80, 120} {
		var b bytes.Buffer
		if err := report.WriteText(&b, TextOptions{Width: width}); err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(b.String(), "\n") {
			if len(line) > width {
				t.Errorf("got %d columns, want at most %d: %q", len(line), width, line)
			}
		}
	}
}

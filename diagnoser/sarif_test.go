package diagnoser

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// sarifOf writes a report and reads it back by the names of the schema.
func sarifOf(t *testing.T, r *Report, opts SARIFOptions) sarifLog {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteSARIF(&b, opts); err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(&b)
	dec.DisallowUnknownFields()
	var log sarifLog
	if err := dec.Decode(&log); err != nil {
		t.Fatal(err)
	}
	return log
}

// TestSARIF checks what the schema of SARIF 2.1.0 requires of the parts in use.
func TestSARIF(t *testing.T) {
	report, files := secretReport(t)
	log := sarifOf(t, report, SARIFOptions{Files: files, Root: "/home/anna", Version: "1"})
	if log.Version != "2.1.0" || !strings.HasSuffix(log.Schema, "sarif-schema-2.1.0.json") || len(log.Runs) != 1 {
		t.Fatalf("got version %q, schema %q, %d runs", log.Version, log.Schema, len(log.Runs))
	}
	run := log.Runs[0]
	if run.Tool.Driver.Name == "" || run.ColumnKind != "unicodeCodePoints" || len(run.Results) != len(report.Findings) {
		t.Errorf("got %+v", run.Tool.Driver)
	}
	ids := map[string]bool{}
	for _, rule := range run.Tool.Driver.Rules {
		if ids[rule.ID] || rule.ID == "" || rule.Short.Text == "" || !strings.Contains(rule.Help.Text, "\n") || !isLevel(rule.Default.Level) {
			t.Errorf("got rule %+v", rule)
		}
		ids[rule.ID] = true
	}
	for _, res := range run.Results {
		if run.Tool.Driver.Rules[res.RuleIndex].ID != res.RuleID || !isLevel(res.Level) || res.Message.Text == "" || len(res.Locations) != 1 {
			t.Errorf("got %+v", res)
			continue
		}
		at := res.Locations[0].Physical
		if at.Artifact.URI == "" || strings.ContainsAny(at.Artifact.URI, " \\") || at.Region.StartLine < 1 {
			t.Errorf("%s: got %+v", res.RuleID, at)
		}
		if at.Artifact.Base != "" && (at.Artifact.Base != "SRCROOT" || run.Bases["SRCROOT"].URI != "file:///home/anna/") {
			t.Errorf("%s: got base %q of %v", res.RuleID, at.Artifact.Base, run.Bases)
		}
	}
}

func isLevel(s string) bool { return s == "error" || s == "warning" || s == "note" || s == "none" }

// TestSARIFFix carries out the fix by its regions and compares with the edit by its bytes.
func TestSARIFFix(t *testing.T) {
	const conf = "# Gr\u00fc\u00dfe\nhttp { server { location / { # \u00e4\u00f6\n proxy_set_header X \"\u00e4\u00f6\u00fc\"; proxy_pass http://localhost:1; } } }\n"
	files := []evidence.File{{Path: "/etc/nginx/a b.conf", Text: conf}}
	r, err := Read(t.Context(), evidence.Evidence{Config: files})
	if err != nil {
		t.Fatal(err)
	}
	report := r.Check(nil, nil)
	log := sarifOf(t, report, SARIFOptions{Files: files})
	if len(report.Findings) != 1 || len(log.Runs[0].Results[0].Fixes) != 1 {
		t.Fatalf("got %+v", log.Runs[0].Results)
	}
	change := log.Runs[0].Results[0].Fixes[0].Changes[0]
	if change.Artifact.URI != "file:///etc/nginx/a%20b.conf" || len(change.Replacements) != 1 {
		t.Fatalf("got %+v", change)
	}
	e := report.Findings[0].Remedies[0].Edits[0]
	want, err := nginx.Apply(conf, []nginx.Edit{nginx.Edit(e)})
	if err != nil {
		t.Fatal(err)
	}
	d := change.Replacements[0]
	at, end := offsetOf(conf, d.Deleted.StartLine, d.Deleted.StartColumn), offsetOf(conf, d.Deleted.EndLine, d.Deleted.EndColumn)
	if at != *d.Deleted.ByteOffset || end-at != *d.Deleted.ByteLength {
		t.Errorf("got bytes %d to %d by columns, %d+%d by bytes", at, end, *d.Deleted.ByteOffset, *d.Deleted.ByteLength)
	}
	if got := conf[:at] + d.Inserted.Text + conf[end:]; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// offsetOf finds a place given in lines and code points.
func offsetOf(text string, line, column int) int {
	at := 0
	for range line - 1 {
		at += strings.IndexByte(text[at:], '\n') + 1
	}
	return at + len(string([]rune(text[at:])[:column-1]))
}

package diagnoser

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// What trying a remedy showed is said in every form of the report.
func TestProofInEveryForm(t *testing.T) {
	const conf = "http { server { location / { proxy_pass http://localhost:1; } } }\n"
	files := []evidence.File{{Path: "/etc/nginx/nginx.conf", Text: conf}}
	r, err := Read(t.Context(), evidence.Evidence{Config: files})
	if err != nil {
		t.Fatal(err)
	}
	yes, no := true, false
	for _, c := range []struct {
		verified *bool
		proof    string
		want     string
		property any
	}{
		{&yes, "without the edit 502, with it 3 times 200", "verified: without the edit 502, with it 3 times 200", true},
		{&no, "without the edit 502, with it 502", "tried, and does not mend it: without the edit 502, with it 502", false},
		{nil, "not verifiable: no server around the pass", "not verifiable: no server around the pass", nil},
	} {
		report := r.Check(nil, nil)
		report.Findings[0].Remedies[0].Verified, report.Findings[0].Remedies[0].Proof = c.verified, c.proof
		var text, markdown, data bytes.Buffer
		if report.WriteText(&text, TextOptions{}) != nil || report.WriteMarkdown(&markdown) != nil || json.NewEncoder(&data).Encode(report) != nil {
			t.Fatal("got an error of a buffer")
		}
		result := sarifOf(t, report, SARIFOptions{Files: files}).Runs[0].Results[0]
		for form, got := range map[string]string{"text": strings.Join(strings.Fields(text.String()), " "), "markdown": markdown.String(), "SARIF": result.Message.Text} {
			if !strings.Contains(got, c.want) {
				t.Errorf("%s: got %s, want %q in it", form, got, c.want)
			}
		}
		if !strings.Contains(data.String(), c.proof) {
			t.Errorf("JSON: got %s", data.String())
		}
		if p := result.Fixes[0].Properties; p["proof"] != c.proof || p["verified"] != c.property {
			t.Errorf("got %v of the fix", p)
		}
	}
}

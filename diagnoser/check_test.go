package diagnoser

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

// checked runs all checks on one configuration, with the folder's evidence.json.
func checked(t *testing.T, file string) (*Reading, *Report) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var ev evidence.Evidence
	if b, err := os.ReadFile(filepath.Join(filepath.Dir(file), "evidence.json")); err == nil {
		if err := json.Unmarshal(b, &ev); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	ev.Config = []evidence.File{{Path: "/etc/nginx/nginx.conf", Text: string(text)}}
	r, err := Read(context.Background(), ev)
	if err != nil {
		t.Fatal(err)
	}
	return r, r.Check(ev.Host, ev.Probes)
}

// TestChecks holds each check to its folder: it finds its mistake in bad.conf and nothing
// in good*.conf; fixed.conf is bad.conf with the edits of its remedy.
func TestChecks(t *testing.T) {
	for _, c := range Checks() {
		t.Run(c.Name, func(t *testing.T) {
			dir := filepath.Join("testdata", "checks", c.Name)
			r, report := checked(t, filepath.Join(dir, "bad.conf"))
			f := only(t, report, c.Name)
			if f.Where == nil || f.Where.Line < 1 || f.Where.Column < 1 || f.Count != 0 || f.Kind != "other" || f.Severity != c.Severity {
				t.Errorf("got %+v", f)
			}
			text, _, _ := strings.Cut(string(asText(t, &Report{Findings: []Finding{f}})), "\nNo log was read")
			compare(t, filepath.Join(dir, "want.txt"), []byte(text))
			if len(f.Remedies) > 0 {
				compare(t, filepath.Join(dir, "fixed.conf"), []byte(mended(t, r, f)))
				if _, again := checked(t, filepath.Join(dir, "fixed.conf")); found(again, c.Name) != nil {
					t.Errorf("still found after the edit: %+v", found(again, c.Name))
				}
			}
			good, err := filepath.Glob(filepath.Join(dir, "good*.conf"))
			if err != nil || len(good) == 0 {
				t.Fatalf("got %d configurations without the mistake, %v", len(good), err)
			}
			for _, file := range good {
				if _, report := checked(t, file); found(report, c.Name) != nil {
					t.Errorf("%s: got %+v, want silence", file, found(report, c.Name))
				}
			}
		})
	}
}

func found(r *Report, name string) *Finding {
	for i, f := range r.Findings {
		if f.Check == name {
			return &r.Findings[i]
		}
	}
	return nil
}

// only is the one finding of bad.conf: no other check may be loud about it.
func only(t *testing.T, r *Report, name string) Finding {
	t.Helper()
	f := found(r, name)
	if f == nil || len(r.Findings) > 1 {
		t.Fatalf("got %s, want %s alone", strings.TrimSpace(string(asText(t, r))), name)
	}
	return *f
}

func mended(t *testing.T, r *Reading, f Finding) string {
	t.Helper()
	var edits []nginx.Edit
	for _, e := range f.Remedies[0].Edits {
		edits = append(edits, nginx.Edit(e))
	}
	files, err := r.config.Edited(edits)
	if err != nil {
		t.Fatal(err)
	}
	return files[0].Text
}

func TestChecksAreDocumented(t *testing.T) {
	for _, c := range Checks() {
		if _, ok := CauseNamed(c.Cause); !ok || c.Doc.What == "" || c.Doc.Mends == "" || c.Doc.From == "" {
			t.Errorf("%s: got cause %q and documentation %+v", c.Name, c.Cause, c.Doc)
		}
		if text, err := Explain(c.Name); err != nil || !strings.Contains(text, c.Cause) {
			t.Errorf("%s: got %q, %v", c.Name, text, err)
		}
	}
}

// TestChecksAreSilentAboutScenarios runs all checks on the configurations of the catalogue of
// scenarios: they remark on nothing but what the scenario declares as its cause. One other thing
// is remarked upon rightly: FastCGI to port 8000, on which nothing listens.
func TestChecksAreSilentAboutScenarios(t *testing.T) {
	files, err := filepath.Glob("../scenarios/*/*.conf")
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d configurations, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Read(context.Background(), evidence.Evidence{Config: []evidence.File{{Path: "/etc/nginx/nginx.conf", Text: string(text)}}})
		if err != nil {
			t.Fatal(err)
		}
		declared, err := os.ReadFile(filepath.Join(filepath.Dir(file), "scenario.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Check(nil, nil).Findings {
			if strings.Contains(string(declared), "\ncause: "+f.Cause+"\n") {
				continue // the mistake is one that the configuration alone shows
			}
			if f.Check == "pass-against-backend" && strings.HasSuffix(file, "wrong-port/fastcgi-tcp.conf") && len(f.Remedies) == 0 {
				continue
			}
			t.Errorf("%s:%d: got %s", file, f.Where.Line, f.Check)
		}
	}
}

package diagnoser

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// load reads one case of testdata: evidence.json with host facts and probes,
// error.log, and every *.conf, which stands in /etc/nginx.
func load(t *testing.T, dir string) evidence.Evidence {
	t.Helper()
	var ev evidence.Evidence
	if b, err := os.ReadFile(filepath.Join(dir, "evidence.json")); err == nil {
		if err := json.Unmarshal(b, &ev); err != nil {
			t.Fatalf("%s: %v", dir, err)
		}
	}
	log, err := os.ReadFile(filepath.Join(dir, "error.log"))
	if err != nil {
		t.Fatal(err)
	}
	ev.Logs = []evidence.Log{{Name: "error.log", Text: string(log)}}
	files, err := filepath.Glob(filepath.Join(dir, "*.conf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		ev.Config = append(ev.Config, evidence.File{Path: "/etc/nginx/" + filepath.Base(f), Text: string(b)})
	}
	return ev
}

// TestGolden diagnoses each folder of testdata. Its name begins with the cause that
// comes first, or with "silent" where nothing may be found.
func TestGolden(t *testing.T) {
	dirs, err := filepath.Glob("testdata/*/error.log")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("got %d cases, %v", len(dirs), err)
	}
	for _, log := range dirs {
		dir := filepath.Dir(log)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			ev := load(t, dir)
			report, err := Diagnose(context.Background(), ev)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(filepath.Base(dir), "_")
			switch {
			case first == "silent" && len(report.Findings) > 0:
				t.Errorf("got %s, want silence", report.Findings[0].Cause)
			case first != "silent" && (len(report.Findings) == 0 || report.Findings[0].Cause != first):
				t.Errorf("got %v, want %s first", names(report), first)
			}
			compare(t, filepath.Join(dir, "want.json"), asJSON(t, report))
			compare(t, filepath.Join(dir, "want.txt"), asText(t, report))
			compare(t, filepath.Join(dir, "want-asked.json"), asJSON(t, questions(t, ev)))
		})
	}
}

// questions are all that is worth asking besides.
func questions(t *testing.T, ev evidence.Evidence) map[string]any {
	all := map[string]any{"host": AskHost(ev), "backends": AskBackends(ev)}
	r, err := Read(t.Context(), ev)
	if err != nil {
		t.Fatal(err)
	}
	if names := r.AskNames(ev.Host); len(names) > 0 {
		all["names"] = names
	}
	return all
}

func names(r *Report) (all []string) {
	for _, f := range r.Findings {
		all = append(all, f.Cause)
	}
	return all
}

func asJSON(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asText(t *testing.T, r *Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteText(&b, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func compare(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
	}
}

package report

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/badgateway/badgateway/harness/drill"
)

var update = flag.Bool("update", false, "rewrite what the tests compare with, in testdata")

// number is a drill that passed.
func number(i int) drill.Result {
	return drill.Result{
		Scenario: fmt.Sprint("scenario-", i), Variant: "http-tcp", Proxy: "nginx", Version: "1.30", Status: 502, Certainty: "proved",
		Remedy: "edit-config", Recovered: true, Seconds: 2, Verdict: drill.Passed,
	}
}

func failed(r drill.Result) drill.Result {
	r.Verdict = drill.Failed
	r.Mismatches = drill.Mismatches{
		{Step: "keeps the symptom under every trap: proxy_read_timeout 300s, which is a long one", Want: "status 504", Got: "status 200\x1b[31m"},
		{Step: "recovers after the proposed remedy", Want: "status 200", Got: "status 502"},
	}
	return r
}

func inconclusive(r drill.Result) drill.Result {
	r = failed(r)
	r.Verdict, r.Late, r.Disturbed = drill.Inconclusive, 315*time.Millisecond, "shows the symptom: a sleep was 315ms too long, more than 250ms"
	return r
}

// play runs 20 drills of 2 s, 4 at a time, of which the last ones may be left out. One fails, and one is disturbed twice.
func play(w io.Writer, options ProgressOptions, until int) Run {
	p := NewProgress(w, options)
	p.Statusf("image nginx 1.30: building it from Debian bookworm")
	time.Sleep(12*time.Second + 300*time.Millisecond) // nothing happens just when the line is drawn anew
	p.Note("image nginx 1.30: built in %d s", 12)
	p.Total(20)
	p.Limit(4)
	for i := 0; i < until; i += 4 {
		for j := range 4 {
			p.Begin(number(i + j).Name())
		}
		time.Sleep(2 * time.Second)
		for j := range 4 {
			switch r := number(i + j); i + j {
			case 5:
				p.Done(failed(r))
			case 13:
				p.Later(r.Name())
			default:
				p.Done(r)
			}
		}
	}
	if until == 20 {
		r := inconclusive(number(13))
		p.Begin(r.Name())
		time.Sleep(3 * time.Second)
		r.First, r.Seconds = &drill.Result{}, 3
		p.Done(r)
	}
	return p.Finish(until < 20)
}

// frames puts each state of the changing line on a line of its own.
func frames(s string) string { return strings.ReplaceAll(s, clearLine, "\n~ ") }

func TestProgress(t *testing.T) {
	for _, test := range []struct {
		golden  string
		options ProgressOptions
		until   int
	}{
		{"terminal.txt", ProgressOptions{Dir: "report", Columns: 80}, 20},
		{"narrow.txt", ProgressOptions{Dir: "report", Columns: 40}, 8},
		{"plain.txt", ProgressOptions{Dir: "report"}, 20},
		{"rows.txt", ProgressOptions{Dir: "report", Verbose: true}, 8},
	} {
		t.Run(test.golden, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var b bytes.Buffer
				run := play(&b, test.options, test.until)
				text := frames(b.String())
				golden(t, test.golden, text)
				fits(t, text, cmp.Or(test.options.Columns, 80))
				want := Run{Drills: 20, Interrupted: test.until < 20, Began: run.Began, Seconds: float64(test.until / 2)}
				if !want.Interrupted {
					want.Seconds = 13 // five rounds and the drill that is run once more
				}
				if run.Began.IsZero() || run != want {
					t.Errorf("got %+v, want %+v", run, want)
				}
			})
		})
	}
}

// fits reports lines that are too wide. A place in the report is for a program to follow, and the closing summary has 80 columns.
func fits(t *testing.T, text string, limit int) {
	t.Helper()
	text, _, _ = strings.Cut(text, "\ninterrupted: ")
	for line := range strings.Lines(text) {
		line, changing := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "~ ")
		if changing && columns(line) >= limit && !strings.HasPrefix(line, "FAIL") && !strings.HasPrefix(line, "INCO") {
			t.Errorf("%d columns, of which the last has to stay free: %s", columns(line), line)
		}
		if columns(line) > limit && !strings.Contains(line, PageName) {
			t.Errorf("%d columns: %s", columns(line), line)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || got != string(want) {
		t.Errorf("%s (%v): got\n%s\nwant\n%s", path, err, got, want)
	}
}

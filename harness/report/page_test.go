package report

import (
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/diagnoser"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/harness/drill"
	"github.com/badgateway/badgateway/harness/sidecar"
)

const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>&lt;' {{.}} </pre></details>`

// hostileRecord holds markup in every text that comes from a log, a configuration or a scenario.
func hostileRecord() drill.Record {
	return drill.Record{
		Result: drill.Result{
			Scenario: "wrong-port" + hostile, Variant: "http-tcp", Proxy: "nginx", Version: "1.30", Status: 502, Cause: hostile, Diagnosed: hostile,
			Certainty: "likely", Remedy: hostile, Mismatches: drill.Mismatches{{Step: hostile, Want: hostile, Got: hostile}}, Seconds: 1,
			Disturbed: hostile, First: &drill.Result{Disturbed: hostile},
		},
		Story: drill.Story{
			Title: hostile, Told: hostile, Labels: []string{"tcp", hostile},
			Upstreams: []drill.StoryUpstream{{Name: hostile, Address: "127.0.0.1:9000", Protocol: hostile, Transport: "tcp"}, {Name: "other", Address: hostile}},
			Seen:      sidecar.Seen{Status: 502, Took: time.Second},
			Events:    []evidence.Event{{Phase: hostile, Outcome: hostile, Errno: 111, Upstream: "http://127.0.0.1:9000/", Text: hostile}},
			Moments:   []drill.Moment{{At: 0, Where: hostile, What: hostile}},
			Limits:    []drill.Limit{{Directive: hostile, Value: time.Second, Set: true}},
			Finding: &diagnoser.Finding{
				Cause: hostile, Certainty: hostile, Where: &diagnoser.Where{File: hostile, Line: 1, Column: 2, Directive: hostile},
				Evidence: []diagnoser.Fact{{Source: hostile, Text: hostile, Ref: hostile}}, Against: []diagnoser.Fact{{Source: hostile, Text: hostile}},
				Alternatives: []diagnoser.Alternative{{Cause: hostile, Why: hostile, Check: hostile}},
				Remedies:     []diagnoser.Remedy{{Action: hostile, Summary: hostile, Diff: hostile, Commands: []string{hostile}}},
			},
			Traps: []drill.StoryTrap{{Name: hostile, Why: hostile, Status: 502}},
		},
		Exhibits: map[string]string{hostile: hostile},
	}
}

func TestNoTextOfALogBecomesMarkup(t *testing.T) {
	var b strings.Builder
	if err := Page(&b, Run{}, []drill.Record{hostileRecord()}, time.Now()); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, bad := range []string{"<script>", "<img", "</pre></details>"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if n := strings.Count(page, "<script"); n != 1 {
		t.Errorf("the page holds %d scripts, want its own only", n)
	}
	if !strings.Contains(page, "alert(1)") {
		t.Error("the log's text is lost")
	}
}

func TestThePageNeedsNothingElse(t *testing.T) {
	var b strings.Builder
	if err := Page(&b, Run{}, nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"src=", "@import", "url(", "<link", "//"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("the page holds %q: it must need no other file", bad)
		}
	}
}

func TestSummary(t *testing.T) {
	var b strings.Builder
	a := drill.Result{Scenario: "a", Variant: "http-tcp", Proxy: "nginx", Version: "1.18", Cause: "wrong-port", Verdict: drill.Passed}
	bad, open := a, a
	bad.Version, bad.Verdict, bad.Mismatches = "1.30", drill.Failed, drill.Mismatches{{Want: "502", Got: "504 | <b>\n# x"}}
	open.Version, open.Verdict, open.Disturbed = "1.26", drill.Inconclusive, "late"
	a.First = &open
	err := Summary(&b, Run{Drills: 4, Interrupted: true}, []drill.Result{a, bad, open})
	want := "## badgateway: 1 passed, 1 failed, 1 inconclusive (of 3)\n\n**interrupted: 3 of 4 drills were run**\n\n" +
		"| drill | verdict | why |\n| --- | --- | --- |\n" +
		"| a/http-tcp nginx 1.30 | failed | got 504 \\| &lt;b> # x, want 502 |\n| a/http-tcp nginx 1.26 | inconclusive | late |\n\n" +
		"1 drill was disturbed and decided when run alone.\n\n" +
		"| cause | 1.18 | 1.26 | 1.30 |\n| --- | --- | --- | --- |\n| wrong-port | 1/1 | 0/1 | 0/1 |\n"
	if err != nil || b.String() != want {
		t.Errorf("got %v\n%s\nwant\n%s", err, b.String(), want)
	}
}

func TestAFindingNeedsNoRemedy(t *testing.T) {
	r := hostileRecord()
	r.Story.Finding.Remedies = nil
	if err := Page(&strings.Builder{}, Run{}, []drill.Record{r}, time.Now()); err != nil {
		t.Error(err)
	}
}

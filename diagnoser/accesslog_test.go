package diagnoser

import (
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

const (
	accessTimeout = `2026-03-14T09:16:02+00:00 192.0.2.7 "GET /slow HTTP/1.1" 504 167 rt=60.001 up="127.0.0.1:8000" us="504" uct="0.001" uht="-" urt="60.001" ubr="0" ubs="90" conn=7 cr=1 rid=0`
	errorTimeout  = `2026/03/14 09:16:02 [error] 31#31: *7 upstream timed out (110: Connection timed out) while reading response header from upstream, client: 192.0.2.7, server: a, request: "GET /slow HTTP/1.1", upstream: "http://127.0.0.1:8000/slow", host: "a"`
)

// An access log alone is enough for the phase and the outcome.
func TestAccessLogAlone(t *testing.T) {
	report := diagnose(t, evidence.Evidence{Logs: []evidence.Log{{Name: "access.log", Text: strings.Repeat(accessTimeout+"\n", 3)}}})
	if len(report.Findings) != 1 || report.Findings[0].Count != 3 || report.Findings[0].Status != 504 || report.Findings[0].Upstream != "http://127.0.0.1:8000" {
		t.Fatalf("got %+v", report.Findings)
	}
	if s := report.Summary; s.UpstreamErrors != 3 || s.Unrecognized != 0 {
		t.Errorf("got %+v", s)
	}
}

// Both logs of one connection are one failure, whichever comes first, in one file or in two.
func TestAccessLogJoinsErrorLog(t *testing.T) {
	for name, logs := range map[string][]evidence.Log{
		"error log first":  {{Name: "error.log", Text: errorTimeout + "\n"}, {Name: "access.log", Text: accessTimeout + "\n"}},
		"access log first": {{Name: "access.log", Text: accessTimeout + "\n"}, {Name: "error.log", Text: errorTimeout + "\n"}},
		"one file":         {{Name: "all.log", Text: accessTimeout + "\n" + errorTimeout + "\n"}},
	} {
		report := diagnose(t, evidence.Evidence{Logs: logs})
		if len(report.Findings) != 1 || report.Findings[0].Count != 1 || report.Summary.UpstreamErrors != 1 {
			t.Errorf("%s: got %+v", name, report)
			continue
		}
		said := false
		for _, f := range report.Findings[0].Evidence {
			said = said || strings.Contains(f.Text, "ended after 60.001 s")
		}
		if !said {
			t.Errorf("%s: got %+v, want the time of the access log", name, report.Findings[0].Evidence)
		}
	}
}

// A status that the upstream itself sent is no timer of the proxy: something behind the upstream failed.
func TestAccessLogOfTheUpstreamsOwn(t *testing.T) {
	own := strings.ReplaceAll(accessTimeout, `uht="-"`, `uht="60.001"`)
	report := diagnose(t, evidence.Evidence{Logs: []evidence.Log{{Name: "access.log", Text: own + "\n"}}})
	if len(report.Findings) != 1 || report.Findings[0].Cause != "app-dependency-down" || report.Findings[0].Certainty != Likely {
		t.Errorf("got %+v", report.Findings)
	}
	fine := strings.NewReplacer(`us="504"`, `us="200"`, `uht="-"`, `uht="0.001"`, `" 504 `, `" 200 `).Replace(accessTimeout)
	if report := diagnose(t, evidence.Evidence{Logs: []evidence.Log{{Name: "access.log", Text: fine + "\n"}}}); len(report.Findings) != 0 {
		t.Errorf("%s: got %+v", fine, report.Findings)
	}
}

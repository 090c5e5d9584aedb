package diagnoser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// What the proxy itself refused is told once for each server, and is no failure of an upstream but where its own means failed.
func TestRefusedByItself(t *testing.T) {
	for _, c := range []struct{ message, cause, kind string }{
		{`limiting requests, excess: 0.99%d by zone "z"`, "rate-limit", "other"},
		{`limiting connections by zone "z"%.0d`, "rate-limit", "other"},
		{"client intended to send too large body: 2000%d bytes", "client-body-too-large", "other"},
		{`open() "/var/lib/nginx/body/000000000%d" failed (13: Permission denied)`, "temp-dir-permission", "upstream-failure"},
		{`open() "/var/lib/nginx/body/000000000%d" failed (28: No space left on device)`, "temp-dir-full", "upstream-failure"},
	} {
		for name, carrier := range map[string]string{"bare": "", "compose": "web-1  | "} {
			log := ""
			for i := range 3 {
				log += carrier + "2026/03/14 09:15:02 [error] 31#31: *7 " + fmt.Sprintf(c.message, i) + `, client: 192.0.2.7, server: a.example, request: "POST /a HTTP/1.1", host: "a.example"` + "\n"
			}
			report := diagnose(t, evidence.Evidence{Logs: []evidence.Log{{Name: "error.log", Text: log}}})
			if len(report.Findings) != 1 || report.Findings[0].Cause != c.cause || report.Findings[0].Kind != c.kind || report.Findings[0].Count != 3 || report.Summary.UpstreamErrors != 0 {
				t.Errorf("%s, %s: got %+v", c.message, name, report)
			}
		}
	}
	for _, message := range []string{
		`open() "/var/www/0000000003.html" failed (2: No such file or directory)`, `open() "/var/www/a0000000003" failed (2: No such file or directory)`,
		`limiting requests, dry run, excess: 0.998 by zone "z"`, `delaying request, excess: 0.998, by zone "z"`,
	} {
		log := "2026/03/14 09:15:02 [error] 31#31: *7 " + message + `, client: 192.0.2.7, server: a.example, request: "GET /a HTTP/1.1", host: "a.example"` + "\n"
		if report := diagnose(t, evidence.Evidence{Logs: []evidence.Log{{Name: "error.log", Text: strings.Repeat(log, 2)}}}); len(report.Findings) != 0 {
			t.Errorf("%s: got %+v", message, report.Findings)
		}
	}
}

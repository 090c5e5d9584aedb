package diagnoser

import (
	"bytes"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

const secretLog = `2026/03/14 09:15:02 [error] 31#31: *7 connect() failed (111: Connection refused) while connecting to upstream, client: 198.51.100.23, server: shop.acme-corp.example, request: "GET /reset/9f86d081884c7d659a2feaa0c55ad015?token=hunter2&mail=anna@acme-corp.example HTTP/1.1", upstream: "http://10.20.30.40:8001/reset", host: "shop.acme-corp.example", referrer: "https://intranet.acme-corp.example/list?session=abc"
2026/03/14 09:15:03 [error] 31#31: *8 upstream sent too big header while reading response header from upstream, client: 2001:db8::bad:1, server: shop.acme-corp.example, request: "GET / HTTP/1.1", upstream: "http://unix:/home/anna/shop/app.sock:/", host: "shop.acme-corp.example"
2026/03/14 09:15:04 [error] 31#31: *9 FastCGI sent in stderr: "PHP message: login of bob@acme-corp.example, Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2VjcmV0LXNpZ25hdHVyZQ, Cookie: PHPSESSID=q8v7secretcookie" while reading response header from upstream, client: 198.51.100.23, server: shop.acme-corp.example, request: "GET / HTTP/1.1", upstream: "fastcgi://10.20.30.40:9000", host: "shop.acme-corp.example"
`

const secretConf = `http {
    upstream billing7 {
        server 10.20.30.40:8001;
    }
    server {
        listen 80;
        server_name shop.acme-corp.example;
        location / {
            # ask anna@acme-corp.example, password: hunter2
            proxy_set_header Authorization "Basic Ym9iOmh1bnRlcjI=";
            proxy_set_header Cookie "tracking=q8v7secretcookie";
            proxy_pass http://localhost:8002;
        }
        location /b { proxy_pass http://billing7; }
        location /c { proxy_pass http://unix:/home/anna/shop/app.sock; }
        location /d { proxy_pass http://ledger-db3:8001; }
    }
}
`

var secrets = []string{"198.51.100.23", "2001:db8::bad:1", "10.20.30.40", "acme-corp", "shop.", "hunter2", "anna", "bob@", "9f86d081884c7d659a2feaa0c55ad015",
	"eyJhbGci", "c2VjcmV0", "PHPSESSID=q8", "q8v7secretcookie", "Ym9iOmh1bnRlcjI", "session=abc", "ledger-db3", "billing7", "intranet"}

func secretReport(t *testing.T) (*Report, []evidence.File) {
	t.Helper()
	files := []evidence.File{{Path: "/home/anna/shop.acme-corp.example.conf", Text: secretConf}}
	ev := evidence.Evidence{Config: files, Logs: []evidence.Log{{Name: "/var/log/shop.acme-corp.example-error.log", Text: secretLog}}}
	r, err := Read(t.Context(), ev)
	if err != nil {
		t.Fatal(err)
	}
	return r.Diagnose(nil, nil).With(r.Check(nil, nil)), files
}

// forms writes a report in all forms.
func forms(t *testing.T, r *Report, files []evidence.File) map[string]string {
	t.Helper()
	var sarif, markdown, plain bytes.Buffer
	if err := r.WriteJSON(&plain); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteSARIF(&sarif, SARIFOptions{Files: files}); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteMarkdown(&markdown); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"text": string(asText(t, r)), "json": plain.String(), "sarif": sarif.String(), "markdown": markdown.String()}
}

// TestRedactLeavesNothing also makes sure that the secrets would be there otherwise.
func TestRedactLeavesNothing(t *testing.T) {
	report, files := secretReport(t)
	before := string(asJSON(t, report))
	seen := 0
	for _, s := range secrets {
		if strings.Contains(before, s) {
			seen++
		}
	}
	if seen < 8 {
		t.Fatalf("got %d of the secrets in the report itself, want the test to mean something", seen)
	}
	for form, text := range forms(t, report.Redact(), files) {
		for _, s := range secrets {
			if at := strings.Index(text, s); at >= 0 {
				t.Errorf("%s: got %q in …%s…", form, s, text[max(0, at-60):min(len(text), at+60)])
			}
		}
	}
	if after := string(asJSON(t, report)); after != before {
		t.Error("the report itself was changed")
	}
}

func TestRedactStaysMeaningful(t *testing.T) {
	report, _ := secretReport(t)
	redacted := report.Redact()
	if len(redacted.Findings) != len(report.Findings) {
		t.Fatalf("got %d findings, want %d", len(redacted.Findings), len(report.Findings))
	}
	servers := map[string]bool{}
	for i, f := range redacted.Findings {
		if f.Cause != report.Findings[i].Cause || f.Certainty != report.Findings[i].Certainty {
			t.Errorf("got %s, %s", f.Cause, f.Certainty)
		}
		if f.Server != "" {
			servers[f.Server] = true
		}
		if f.Check == "upstream-localhost" && !strings.Contains(f.Remedies[0].Diff, "+            proxy_pass http://127.0.0.1:8002;") {
			t.Errorf("got diff\n%s", f.Remedies[0].Diff)
		}
	}
	if len(servers) != 1 {
		t.Errorf("got %v, want one pseudonym of one server", servers)
	}
}

func TestRedactString(t *testing.T) {
	for text, want := range map[string]string{
		"127.0.0.1:8000 and [::1]:8000":       "127.0.0.1:8000 and [::1]:8000",
		"192.0.2.7:80, 192.0.2.7":             "address-1:80, address-1",
		"[2001:db8::7]:80":                    "[address-1]:80",
		"at 09:15:02 of error.log:8841":       "at 09:15:02 of error.log:8841",
		"/etc/nginx/sites/a.example.net.conf": "/etc/nginx/sites/host-1.conf",
		"http://user:pw@a.example.net/x?y=z":  "http://host-1/x?query-1",
		"$document_root$fastcgi_script_name":  "$document_root$fastcgi_script_name",
		"php8.2-fpm.sock, nginx.conf":         "php8.2-fpm.sock, nginx.conf",
	} {
		x := &redactor{known: map[string]string{}, count: map[string]int{}}
		if got := x.redact(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// TestRedactLearns: a short name that stands as a name once is replaced wherever it stands alone.
func TestRedactLearns(t *testing.T) {
	report := &Report{Findings: []Finding{{Upstream: "http://ledger7:8001", Evidence: []Fact{
		{Text: "ledger7 is looked up once; LEDGER7; not in ledger77; app is what many say"},
		{Text: "server_name payroll intranet-2;"}, {Text: "payroll asks intranet-2; the user of /home/anna/x is anna"}}}}}
	f := report.Redact().Findings[0]
	for i, want := range []string{"host-1 is looked up once; host-1; not in ledger77; app is what many say", "server_name host-2 host-3;",
		"host-2 asks host-3; the user of /home/user-1/x is user-1"} {
		if f.Evidence[i].Text != want {
			t.Errorf("got %s, want %s", f.Evidence[i].Text, want)
		}
	}
	if f.Upstream != "http://host-1:8001" {
		t.Errorf("got %s", f.Upstream)
	}
}

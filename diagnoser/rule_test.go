package diagnoser

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

func TestRulesAreDocumented(t *testing.T) {
	for _, r := range ordered() {
		if _, ok := CauseNamed(r.cause); !ok {
			t.Errorf("%s is not in causes.json", r.cause)
		}
		if r.doc.What == "" || r.doc.Confirm == "" || r.doc.Mends == "" {
			t.Errorf("%s: got documentation %+v", r.cause, r.doc)
		}
		if _, err := os.Stat("rule_" + r.cause + ".go"); err != nil {
			t.Errorf("%s: %v", r.cause, err)
		}
	}
}

func TestRegisterTwice(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("got no panic")
		}
	}()
	register(rule{cause: "backend-down"})
}

func TestExplain(t *testing.T) {
	for _, c := range Causes() {
		text, err := Explain(c.Name)
		if err != nil || !strings.HasPrefix(text, c.Name+": ") {
			t.Errorf("%s: got %q, %v", c.Name, text, err)
		}
		for _, line := range strings.Split(text, "\n")[1:] {
			if len([]rune(line)) > 80 {
				t.Errorf("%s: got a line of %d columns: %s", c.Name, len(line), line)
			}
		}
	}
	if _, err := Explain("nonsense"); err == nil || !strings.Contains(err.Error(), "backend-down, ") {
		t.Errorf("got %v, want the known names", err)
	}
}

func log(message, upstream string) string {
	return fmt.Sprintf(`2026/03/14 09:15:02 [error] 31#31: *7 %s, client: 192.0.2.7, server: a, request: "GET /a HTTP/1.1", upstream: "%s", host: "a"`+"\n", message, upstream)
}

func diagnose(t *testing.T, ev evidence.Evidence) *Report {
	t.Helper()
	report, err := Diagnose(context.Background(), ev)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// TestEveryFailureHasACause gives one record of each kind, without more evidence:
// some cause must be named, and none may be called proved by the log alone.
func TestEveryFailureHasACause(t *testing.T) {
	const (
		connecting, header = " while connecting to upstream", " while reading response header from upstream"
		body, sending      = " while reading upstream", " while sending request to upstream"
		handshake          = " while SSL handshaking to upstream"
	)
	for _, c := range []struct{ message, want string }{
		{"connect() failed (111: x)" + connecting, "backend-down"},
		{"connect() failed (110: x)" + connecting, "connect-timeout-unreachable"},
		{"connect() failed (113: x)" + connecting, "firewall-reject"},
		{"connect() failed (101: x)" + connecting, "network-unreachable"},
		{"connect() to 127.0.0.1:1 failed (113: x)" + connecting, "network-unreachable"},
		{"connect() to 127.0.0.1:1 failed (22: x)" + connecting, "network-unreachable"},
		{"connect() to 127.0.0.1:1 failed (13: x)" + connecting, "selinux-denial"},
		{"connect() to 127.0.0.1:1 failed (99: x)" + connecting, "ephemeral-ports-exhausted"},
		{"connect() to 127.0.0.1:1 failed (1: x)" + connecting, "sandbox-network-permission"},
		{"connect() to 127.0.0.1:1 failed (91: x)" + connecting, "protocol-mismatch"},
		{"upstream timed out (110: x)" + connecting, "connect-timeout-unreachable"},
		{"upstream timed out (110: x)" + handshake, "tls-handshake-stalled"},
		{"upstream timed out (110: x)" + sending, "app-hang"},
		{"upstream timed out (110: x)" + header, "read-timeout"},
		{"upstream timed out (110: x)" + body, "read-timeout"},
		{"upstream prematurely closed connection" + header, "backend-connection-reset"},
		{"upstream prematurely closed connection" + body, "incomplete-response"},
		{"upstream prematurely closed FastCGI stdout" + header, "backend-connection-reset"},
		{"upstream prematurely closed FastCGI request" + body, "incomplete-response"},
		{"upstream prematurely closed stream" + header, "grpc-stream-cancelled"},
		{"recv() failed (104: x)" + header, "backend-connection-reset"},
		{"recv() failed (13: x)" + header, "host-kernel-security"},
		{"readv() failed (104: x)" + body, "backend-connection-reset"},
		{"recv() failed (104: x) while proxying upgraded connection to upstream", "incomplete-response"},
		{"writev() failed (32: x)" + sending, "backend-rejects-body"},
		{"upstream sent too big header" + header, "oversized-header"},
		{`upstream sent invalid header: "X\x20..."` + header, "invalid-response-header"},
		{`upstream sent invalid status "abc"` + header, "invalid-response-header"},
		{"upstream sent no valid HTTP/1.0 header" + header, "protocol-mismatch"},
		{"upstream sent unsupported FastCGI protocol version: 72" + header, "protocol-mismatch"},
		{"upstream sent invalid FastCGI record type: 9" + header, "invalid-response-framing"},
		{"upstream sent unexpected FastCGI record: 3" + header, "fastcgi-overloaded"},
		{"upstream sent invalid chunked response" + body, "invalid-response-framing"},
		{"upstream sent too large http2 frame: 4740180" + header, "protocol-mismatch"},
		{"upstream rejected request with error 7" + header, "grpc-stream-cancelled"},
		{"upstream sent unexpected http2 frame: 1" + header, "invalid-response-framing"},
		{"no live upstreams" + connecting, "no-live-upstreams"},
		{"SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number)" + handshake, "tls-scheme-mismatch"},
		{"SSL_do_handshake() failed (SSL: error:0A000410:SSL routines::x:SSL alert number 40)" + handshake, "sni-missing"},
		{"SSL_do_handshake() failed (SSL: error:0A00FFFF:SSL routines::something new)" + handshake, "sni-missing"},
		{"SSL_read() failed (SSL: error:0A00045C:SSL routines::x:SSL alert number 116)" + header, "upstream-cert-verify"},
		{"peer closed connection in SSL handshake" + handshake, "backend-connection-reset"},
		{"upstream SSL certificate verify error: (18:self-signed certificate)" + handshake, "upstream-cert-verify"},
		{`upstream SSL certificate does not match "a"` + handshake, "upstream-cert-verify"},
		{"socket() failed (24: x)" + connecting, "fd-limit"},
		{"socket() failed (97: x)" + connecting, "sandbox-network-permission"},
		{"bind(192.0.2.1) failed (99: x)" + connecting, "ephemeral-ports-exhausted"},
		{"16 worker_connections are not enough" + connecting, "worker-connections-exhausted"},
		{"no resolver defined to resolve a.test", "no-resolver"},
		{"a.test could not be resolved (3: Host not found)", "dns-name-missing"},
		{"a.test could not be resolved (2: Server failure)", "dns-server-failure"},
		{"a.test could not be resolved (110: Operation timed out)", "resolver-unreachable"},
		{"recv() failed (111: x) while resolving, resolver: 127.0.0.1:53", "resolver-unreachable"},
		{`cannot add new server to upstream "app", memory exhausted`, "nginx-memory-limit"},
		{"no upstream configuration", "config-error"},
		{"kevent() reported that upstream closed connection" + header, "backend-connection-reset"},
		{`host not found in upstream "app" in /etc/nginx/a.conf:3`, "upstream-host-not-found"},
		{`invalid URL prefix in "a"`, "config-error"},
		{`pwritev() "/var/tmp/1" failed (28: x)` + body, "temp-dir-full"},
		{`open() "/var/tmp/1" failed (13: x)` + body, "temp-dir-permission"},
	} {
		report := diagnose(t, evidence.Evidence{Logs: []evidence.Log{{Name: "error.log", Text: log(c.message, "http://127.0.0.1:1/a")}}})
		if len(report.Findings) == 0 || report.Findings[0].Cause != c.want {
			t.Errorf("%s: got %v, want %s", c.message, names(report), c.want)
			continue
		}
		if report.Findings[0].Certainty == Proved {
			t.Errorf("%s: got proved by the log alone", c.message)
		}
		if report.Summary.Unrecognized != 0 || report.Summary.UpstreamErrors != 1 {
			t.Errorf("%s: got %+v", c.message, report.Summary)
		}
	}
}

// TestCausesExist checks all names in all golden reports against causes.json.
func TestCausesExist(t *testing.T) {
	for _, r := range ordered() {
		if c, ok := CauseNamed(r.cause); !ok || c.Kind == "" {
			t.Errorf("%s: got %+v", r.cause, c)
		}
	}
	text := goldens(t)
	for _, part := range strings.Split(text, `"cause": "`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		if _, ok := CauseNamed(name); !ok {
			t.Errorf("got cause %q, which causes.json does not have", name)
		}
	}
}

func goldens(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	files, err := filepath.Glob("testdata/*/want.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d reports, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	return b.String()
}

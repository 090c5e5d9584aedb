package apache

import (
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/diagnoser/edit"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/linewise"
	"github.com/badgateway/badgateway/diagnoser/linewise/linewisetest"
)

const site = `# The shop.
Timeout 300
<VirtualHost *:80>
    ServerName shop.example.com
    ProxyTimeout 30
    ProxyPass /static !
    ProxyPass "/a" "http://127.0.0.1:8001/a" timeout=5 connectiontimeout=2
    ProxyPassMatch ^/b(.*)$ http://app.internal:8002/$1
    ProxyPass /c unix:/run/app.sock|http://localhost/c \
        retry=0
    <Proxy balancer://pool>
        BalancerMember https://192.0.2.7
        BalancerMember http://192.0.2.8:8080 loadfactor=2
    </Proxy>
    ProxyPass /p balancer://pool/
    <FilesMatch \.php$>
        SetHandler "proxy:unix:/run/php/fpm.sock|fcgi://localhost"
    </FilesMatch>
    RewriteRule ^/r(.*) http://127.0.0.1:8003$1 [P,L]
</VirtualHost>
<Location /out>
    ProxyPass ajp://127.0.0.1:8009/out
</Location>
`

func parse(t *testing.T, text string) *linewise.Config {
	t.Helper()
	c, err := ParseConfig([]evidence.File{{Path: "site.conf", Text: text}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPeers(t *testing.T) {
	c := parse(t, site)
	want := []struct {
		target string
		line   int
		column int
		wait   time.Duration
	}{
		{"http://127.0.0.1:8001", 7, 5, 5 * time.Second}, {"http://app.internal:8002", 8, 5, 30 * time.Second}, {"http://unix:/run/app.sock", 9, 5, 30 * time.Second},
		{"https://192.0.2.7:443", 12, 9, 30 * time.Second}, {"http://192.0.2.8:8080", 13, 9, 30 * time.Second},
		{"fastcgi://unix:/run/php/fpm.sock", 17, 9, 30 * time.Second}, {"ajp://127.0.0.1:8009", 22, 5, 300 * time.Second},
	}
	if len(c.Peers) != len(want) {
		t.Fatalf("got %d peers, want %d: %+v", len(c.Peers), len(want), c.Peers)
	}
	for i, p := range c.Peers {
		wait, _ := c.Wait(p, evidence.ReadingHeader)
		if p.Target.String() != want[i].target || p.At.Line != want[i].line || c.Column(p.At) != want[i].column || wait != want[i].wait {
			t.Errorf("got %s at %d:%d, %s, want %+v", p.Target, p.At.Line, c.Column(p.At), wait, want[i])
		}
	}
}

func TestEdits(t *testing.T) {
	c := parse(t, site)
	for i, x := range []struct {
		edits []edit.Edit
		want  string
	}{
		{c.Longer(c.Peers[0], evidence.ReadingHeader, 90*time.Second), `"http://127.0.0.1:8001/a" timeout=90 connectiontimeout=2`},
		{c.Longer(c.Peers[1], evidence.ReadingHeader, 90*time.Second), "\n    ProxyTimeout 90\n"},
		{c.Longer(c.Peers[1], evidence.Connecting, 5*time.Second), "8002/$1 connectiontimeout=5\n"},
		{c.Longer(c.Peers[6], evidence.ReadingHeader, 90*time.Second), "ajp://127.0.0.1:8009/out timeout=90\n"},
		{c.Readdress(c.Peers[0], "127.0.0.1:9001"), `"http://127.0.0.1:9001/a" timeout=5`},
		{c.Readdress(c.Peers[2], "/run/other.sock"), "unix:/run/other.sock|http://localhost/c \\\n        retry=0"},
	} {
		if err := c.Check(x.edits); err != nil {
			t.Errorf("%d: %v", i, err)
		}
		files, err := edit.Files(c.Files, x.edits)
		if err != nil || !strings.Contains(files[0].Text, x.want) {
			t.Errorf("%d: got %v\n%s\nwant %q", i, err, files[0].Text, x.want)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add(site, uint8(0))
	f.Add("ProxyPass / http://a:1 \\\n timeout=1\r\n", uint8(1))
	f.Fuzz(func(t *testing.T, text string, which uint8) { linewisetest.FuzzEdit(t, ParseConfig, text, which) })
}

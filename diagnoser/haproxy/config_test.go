package haproxy

import (
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/diagnoser/edit"
	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/linewise"
	"github.com/badgateway/badgateway/diagnoser/linewise/linewisetest"
)

const balancer = `global
    maxconn 2000
defaults
    mode http
    retries 3
    timeout connect 5s
    timeout server 30s   # a default
frontend web
    bind :80
    default_backend app
backend app
    option httpchk GET /health
    http-reuse safe
    server one 127.0.0.1:8001 check
    server "two" 'app.internal:8002' ssl verify none
    server sock unix@/run/app.sock
    server dyn 127.0.0.1
backend slow
    timeout server 120000
    server one 192.0.2.7:8003 # "quoted
listen both
    bind :81
    server three ipv4@192.0.2.8:8004
`

func parseConfig(t *testing.T, text string) *linewise.Config {
	t.Helper()
	c, err := ParseConfig([]evidence.File{{Path: "haproxy.cfg", Text: text}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPeers(t *testing.T) {
	c := parseConfig(t, balancer)
	want := []struct {
		name, target string
		line         int
		wait         time.Duration
	}{
		{"app/one", "http://127.0.0.1:8001", 14, 30 * time.Second}, {"app/two", "https://app.internal:8002", 15, 30 * time.Second},
		{"app/sock", "http://unix:/run/app.sock", 16, 30 * time.Second}, {"slow/one", "http://192.0.2.7:8003", 20, 2 * time.Minute},
		{"both/three", "http://192.0.2.8:8004", 23, 30 * time.Second},
	}
	if len(c.Peers) != len(want) {
		t.Fatalf("got %d peers, want %d: %+v", len(c.Peers), len(want), c.Peers)
	}
	for i, p := range c.Peers {
		wait, _ := c.Wait(p, evidence.ReadingHeader)
		if p.Name != want[i].name || p.Target.String() != want[i].target || p.At.Line != want[i].line || c.Column(p.At) != 5 || wait != want[i].wait {
			t.Errorf("got %s, %s at line %d, %s, want %+v", p.Name, p.Target, p.At.Line, wait, want[i])
		}
	}
	if got := c.Peer("slow/one", evidence.Target{}); got == nil || got.Address != "192.0.2.7:8003" {
		t.Errorf("got %+v, want the server of that name", got)
	}
}

func TestEdits(t *testing.T) {
	c := parseConfig(t, balancer)
	for i, x := range []struct {
		edits []edit.Edit
		want  string
	}{
		{c.Longer(c.Peers[0], evidence.ReadingHeader, 90*time.Second), "    server one 127.0.0.1:8001 check\n    timeout server 90s\n    server \"two\""},
		{c.Longer(c.Peers[3], evidence.ReadingHeader, 300*time.Second), "    timeout server 300s\n    server one"},
		{c.Longer(c.Peers[3], evidence.Connecting, 9*time.Second), "    server one 192.0.2.7:8003 # \"quoted\n    timeout connect 9s\nlisten"},
		{c.Readdress(c.Peers[1], "app.internal:9002"), `server "two" 'app.internal:9002' ssl`},
		{c.Readdress(c.Peers[2], "/run/new.sock"), "server sock unix@/run/new.sock\n"},
		{c.Readdress(c.Peers[4], "192.0.2.8:9004"), "server three ipv4@192.0.2.8:9004\n"},
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

func TestParseConfigSaysWhere(t *testing.T) {
	_, err := ParseConfig([]evidence.File{{Path: "haproxy.cfg", Text: "backend a\n    server one \"127.0.0.1:1\n"}})
	if err == nil || err.Error() != "haproxy.cfg:2:16: quote not closed" {
		t.Errorf("got %v", err)
	}
}

func FuzzConfig(f *testing.F) {
	f.Add(balancer, uint8(0))
	f.Add("backend a\r\n server b c:1 \\# \"x\"'y'\r\n", uint8(1))
	f.Fuzz(func(t *testing.T, text string, which uint8) { linewisetest.FuzzEdit(t, ParseConfig, text, which) })
}

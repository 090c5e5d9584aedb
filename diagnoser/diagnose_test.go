package diagnoser

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/diagnoser/nginx"
)

func TestDiagnoseReader(t *testing.T) {
	text := log("connect() failed (111: x) while connecting to upstream", "http://127.0.0.1:1/a")
	report := diagnose(t, evidence.Evidence{Logs: []evidence.Log{
		{Name: "a.log", Reader: strings.NewReader(text)}, {Name: "b.log", Text: text},
	}})
	if len(report.Findings) != 1 || report.Findings[0].Count != 2 || report.Summary.Lines != 2 {
		t.Errorf("got %+v", report)
	}
}

func TestReadOnceAskAndDiagnose(t *testing.T) {
	text := log("connect() failed (111: x) while connecting to upstream", "http://127.0.0.1:1/a")
	r, err := Read(context.Background(), evidence.Evidence{Logs: []evidence.Log{{Name: "a.log", Reader: strings.NewReader(text)}}})
	if err != nil {
		t.Fatal(err)
	}
	if q := r.AskHost(); len(q.Addresses) != 1 || q.Addresses[0] != "127.0.0.1:1" {
		t.Errorf("got %+v", q)
	}
	host := &evidence.Host{}
	if q := r.AskBackends(host); len(q) != 1 || q[0].URI != "/a" || q[0].Host != "a" {
		t.Errorf("got %+v", q)
	}
	if report := r.Diagnose(host, nil); report.Findings[0].Certainty != Proved {
		t.Errorf("got %+v", report.Findings[0])
	}
}

func TestDiagnoseBinaryLog(t *testing.T) {
	for text, want := range map[string]string{
		"\x1f\x8b\x00":            "read error.log: gzip: unexpected EOF",
		"\x7fELF\x02\x01\x01\x00": "error.log: not a text log (NUL byte at offset 7)",
	} {
		_, err := Diagnose(context.Background(), evidence.Evidence{Logs: []evidence.Log{{Name: "error.log", Text: text}}})
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestNothingIsAskedOfNothing(t *testing.T) {
	if q := AskHost(evidence.Evidence{}); len(q.Paths)+len(q.Addresses) > 0 {
		t.Errorf("got %+v", q)
	}
	if q := AskBackends(evidence.Evidence{Host: &evidence.Host{Listeners: []evidence.Listener{{Network: "tcp", Address: "127.0.0.1:1"}}}}); len(q) > 0 {
		t.Errorf("got %+v", q)
	}
	if r := diagnose(t, evidence.Evidence{}); len(r.Findings) > 0 || r.Findings == nil || r.Version != ReportVersion {
		t.Errorf("got %+v", r)
	}
}

func TestGroupsAreBounded(t *testing.T) {
	var b strings.Builder
	const events = groupsMax + 1000
	for i := range events {
		b.WriteString(log("connect() failed (111: x) while connecting to upstream", fmt.Sprintf("http://192.0.2.1:%d/", i+1)))
	}
	ev := evidence.Evidence{Logs: []evidence.Log{{Name: "error.log", Text: b.String()}}}
	r, err := Read(context.Background(), ev)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(r.groups.list); n != groupsMax+1 {
		t.Errorf("got %d groups, want %d", n, groupsMax+1)
	}
	var sum int64
	for _, f := range r.Diagnose(nil, nil).Findings {
		sum += f.Count
	}
	if sum != events {
		t.Errorf("got %d events in the findings, want %d", sum, events)
	}
	if q := r.AskBackends(nil); len(q) != questionsMax {
		t.Errorf("got %d questions, want %d", len(q), questionsMax)
	}
}

// TestUnreadIsNoAbsence: what could not be read proves nothing.
func TestUnreadIsNoAbsence(t *testing.T) {
	for upstream, source := range map[string]string{"http://127.0.0.1:1/": "tcp listeners", "http://unix:/run/a.sock:/": "unix listeners"} {
		ev := evidence.Evidence{
			Logs: []evidence.Log{{Name: "e", Text: log("connect() failed (111: x) while connecting to upstream", upstream)}},
			Host: &evidence.Host{
				Paths:  []evidence.Path{{Path: "/run/a.sock", Nodes: []evidence.PathNode{{Path: "/run/a.sock", Kind: "socket"}}}},
				Unread: []evidence.Unread{{Source: source, Why: "operation not permitted"}},
			},
		}
		if f := diagnose(t, ev).Findings[0]; f.Certainty == Proved {
			t.Errorf("%s: got proved without seeing %s", upstream, source)
		}
		ev.Host.Unread = nil
		if f := diagnose(t, ev).Findings[0]; f.Certainty != Proved {
			t.Errorf("%s: got %s, want proved", upstream, f.Certainty)
		}
	}
}

// TestRemoteAbsenceIsNoProof: the host's listeners say nothing about another host.
func TestRemoteAbsenceIsNoProof(t *testing.T) {
	ev := evidence.Evidence{
		Logs: []evidence.Log{{Name: "e", Text: log("connect() failed (111: x) while connecting to upstream", "http://198.51.100.4:1/")}},
		Host: &evidence.Host{Routes: []evidence.Route{{Destination: "198.51.100.4:1", Kind: "unicast"}}},
	}
	if f := diagnose(t, ev).Findings[0]; f.Certainty == Proved {
		t.Errorf("got %+v", f)
	}
	ev.Host.Routes[0].Kind = "local"
	if f := diagnose(t, ev).Findings[0]; f.Certainty != Proved {
		t.Errorf("got %+v", f)
	}
}

func TestQuestionsOfTimeouts(t *testing.T) {
	for limit, want := range map[string]time.Duration{"1s": lateWait, "4s": 12 * time.Second, "10m": waitMax} {
		ev := evidence.Evidence{
			Logs:   []evidence.Log{{Name: "e", Text: log("upstream timed out (110: x) while reading response header from upstream", "http://127.0.0.1:1/a")}},
			Config: []evidence.File{{Path: "nginx.conf", Text: "location / { proxy_read_timeout " + limit + "; proxy_pass http://127.0.0.1:1; }"}},
		}
		if q := AskBackends(ev); len(q) != 1 || q[0].Wait != want || q[0].Idle {
			t.Errorf("%s: got %+v, want to wait %v", limit, q, want)
		}
	}
}

func TestIdleIsAskedOfClosedConnections(t *testing.T) {
	closed := "upstream prematurely closed connection while reading response header from upstream"
	get := log(closed, "http://127.0.0.1:1/a")
	kept := []evidence.File{{Path: "nginx.conf", Text: `upstream u { server 127.0.0.1:1; keepalive 2; } server { location / { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://u; } }`}}
	for _, c := range []struct {
		name, text string
		config     []evidence.File
		want       bool
	}{
		{"GET", get, nil, false},
		{"POST", strings.Replace(get, "GET", "POST", 1), nil, true},
		{"GET on kept connections", get, kept, true},
		{"POST refused", strings.Replace(log("connect() failed (111: x) while connecting to upstream", "http://127.0.0.1:1/a"), "GET", "POST", 1), kept, false},
	} {
		q := AskBackends(evidence.Evidence{Logs: []evidence.Log{{Name: "e", Text: c.text}}, Config: c.config})
		if len(q) != 1 || q[0].Idle != c.want || q[0].Method != "GET" {
			t.Errorf("%s: got %+v, want idle %v", c.name, q, c.want)
		}
	}
}

// TestLargerBuffersFit checks the relations of nginx -t for all mixtures of what
// may already be set.
func TestLargerBuffersFit(t *testing.T) {
	for _, size := range []string{"", "buffer_size 8k;"} {
		for _, list := range []string{"", "buffers 4 4k;", "buffers 2 16k;", "buffers 32 4k;", "buffers 4 256k;"} {
			for _, busy := range []string{"", "busy_buffers_size 8k;", "busy_buffers_size 64k;"} {
				for _, file := range []string{"", "temp_file_write_size 8k; proxy_max_temp_file_size 16k;", "max_temp_file_size 0;"} {
					var text string
					for _, d := range []string{size, list, busy, file} {
						if d != "" {
							text += "proxy_" + d + " "
						}
					}
					checkBuffers(t, text)
				}
			}
		}
	}
}

func checkBuffers(t *testing.T, text string) {
	t.Helper()
	config, err := nginx.ParseConfig([]evidence.File{{Path: "f", Text: "location / { " + text + "proxy_pass http://a; }"}})
	if err != nil {
		t.Fatal(err)
	}
	in := &inquiry{Reading: &Reading{config: config}}
	p := config.Passes()[0]
	const want = 64 << 10
	files, err := config.Edited(nginx.Sort(in.largerBuffers(p, in.buffersOf(p), want)))
	if err != nil {
		t.Fatal(err)
	}
	if in.config, err = nginx.ParseConfig(files); err != nil {
		t.Fatal(err)
	}
	p = in.config.Passes()[0]
	b := in.buffersOf(p)
	m, busy := max(b.size, b.each), 2*max(b.size, b.each)
	if n, ok := in.size(p, "busy_buffers_size"); ok {
		busy = n
	}
	write, writeSet := in.size(p, "temp_file_write_size")
	top, topSet := in.size(p, "max_temp_file_size")
	if b.size != want || busy < m || busy > (b.number-1)*b.each || writeSet && write < m || topSet && top != 0 && top < m {
		t.Errorf("%q: got %s, which nginx -t refuses", text, files[0].Text)
	}
}

package drill

import (
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/harness/scenario"
	"github.com/badgateway/badgateway/harness/sidecar"
)

func TestCompareNamesWhatDiffers(t *testing.T) {
	refused := evidence.Event{Phase: evidence.Connecting, Outcome: evidence.Refused, Errno: 111}
	reset := evidence.Event{Phase: evidence.ReadingHeader, Outcome: evidence.Reset, Errno: 104}
	want := scenario.Symptom{Status: 504, After: 500 * time.Millisecond, Events: []scenario.Event{
		{Phase: evidence.Connecting, Outcome: evidence.Refused, Errno: 111},
	}}
	good := func() Observation {
		return Observation{
			Seen: sidecar.Seen{Status: 504, Took: 500 * time.Millisecond},
			Log:  sidecar.Events{Events: []evidence.Event{refused}},
		}
	}
	for _, tc := range []struct {
		name   string
		change func(*Observation)
		want   string
	}{
		{"as declared", func(*Observation) {}, ""},
		{"a timer from the cached clock", func(o *Observation) { o.Seen.Took = 485 * time.Millisecond }, ""},
		{"another status", func(o *Observation) { o.Seen.Status = 502 }, "got status 502, want status 504"},
		{"too soon", func(o *Observation) { o.Seen.Took = time.Millisecond }, "want an answer after 500ms or more"},
		{"nothing logged", func(o *Observation) { o.Log.Events = nil }, `want "connecting, refused (111)" in the log`},
		{"another errno", func(o *Observation) { o.Log.Events[0].Errno = 113 }, `want "connecting, refused (111)" in the log`},
		{"more than declared", func(o *Observation) { o.Log.Events = append(o.Log.Events, reset) }, "want no other event in the log"},
		{"an alarm", func(o *Observation) { o.Log.Alarms = []string{"[alert] x"} }, "got [alert] x, want no alarm in the log"},
	} {
		o := good()
		tc.change(&o)
		s := &Session{Drill: scenario.Drill{Scenario: &scenario.Scenario{Symptom: want}}}
		got := s.compare(o)
		if (tc.want == "") != (len(got) == 0) || !strings.Contains(got.String(), tc.want) {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

// Of what two racing ends may show either will do, and nothing else.
func TestCompareTakesAlternatives(t *testing.T) {
	s := &Session{Drill: scenario.Drill{Scenario: &scenario.Scenario{Symptom: scenario.Symptom{Events: []scenario.Event{
		{Phase: evidence.ReadingHeader, Outcome: evidence.Reset, Errno: 104, Or: []scenario.Event{{Phase: evidence.ReadingHeader, Outcome: evidence.ClosedEarly}}},
	}}}}}
	for _, tc := range []struct {
		got  evidence.Event
		want string
	}{
		{evidence.Event{Phase: evidence.ReadingHeader, Outcome: evidence.Reset, Errno: 104}, ""},
		{evidence.Event{Phase: evidence.ReadingHeader, Outcome: evidence.ClosedEarly}, ""},
		{evidence.Event{Phase: evidence.Sending, Outcome: evidence.ClosedEarly}, `want "reading header, reset (104) or reading header, closed early" in the log`},
	} {
		got := s.compare(Observation{Log: sidecar.Events{Events: []evidence.Event{tc.got}}})
		if (tc.want == "") != (len(got) == 0) || !strings.Contains(got.String(), tc.want) {
			t.Errorf("%+v: got %q, want %q", tc.got, got, tc.want)
		}
	}
}

func TestCompareAsksForDeclaredAlarms(t *testing.T) {
	s := &Session{Drill: scenario.Drill{Scenario: &scenario.Scenario{Symptom: scenario.Symptom{Status: 500, Alarms: []string{"are not enough"}}}}}
	for _, tc := range []struct {
		alarms []string
		want   string
	}{
		{[]string{"[alert] 3 worker_connections are not enough"}, ""},
		{nil, `want an alarm "are not enough" in the log`},
		{[]string{"[alert] 3 worker_connections are not enough", "[alert] x"}, "got [alert] x, want no alarm in the log"},
	} {
		got := s.compare(Observation{Seen: sidecar.Seen{Status: 500}, Log: sidecar.Events{Alarms: tc.alarms}})
		if (tc.want == "") != (len(got) == 0) || !strings.Contains(got.String(), tc.want) {
			t.Errorf("%q: got %q, want %q", tc.alarms, got, tc.want)
		}
	}
}

func TestRejectedNamesTheLineInTheScenario(t *testing.T) {
	err := rejected("scenarios/x/http-tcp.conf", &sidecar.Refused{Reason: `unknown directive "y" in /etc/nginx/nginx.conf:12`})
	if got, want := err.Error(), `scenarios/x/http-tcp.conf:12: the proxy rejects it: unknown directive "y"`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

const conf = `events {}
http {
    upstream app {
        server 127.0.0.1:9000;
    }
    server {
        location / {
            proxy_pass http://app;
        }
    }
}
`

func TestSetDirectiveFindsItsBlock(t *testing.T) {
	for in, want := range map[string]string{
		"":         "            proxy_pass http://app;\n            d v;\n",
		"upstream": "        server 127.0.0.1:9000;\n        d v;\n",
		"server":   "        }\n        d v;\n    }\n",
		"http":     "    }\n    d v;\n    server {\n",
		"main":     "events {}\nd v;\n",
	} {
		got, err := setDirective(conf, scenario.Edit{Directive: "d", Value: "v", In: in})
		if err != nil || !strings.Contains(got, want) {
			t.Errorf("in %q: got %v\n%s", in, err, got)
		}
	}
	if _, err := setDirective("events {}\nhttp {}\n", scenario.Edit{Directive: "d", Value: "v"}); err == nil {
		t.Error("a configuration that passes nothing on takes an edit")
	}
}

func TestEditsOneAfterTheOther(t *testing.T) {
	two := strings.Replace(conf, "9000;\n", "9000;\n        server 127.0.0.1:9001;\n", 1)
	got, err := editAll(two, []scenario.Edit{
		{Directive: "server", At: "127.0.0.1:9001", Value: "127.0.0.1:9001 down", In: "upstream"},
		{Directive: "server", At: "127.0.0.1:9000", Remove: true, In: "upstream"},
		{Directive: "server", Value: "127.0.0.1:9002", Add: true, In: "upstream"},
		{Directive: "fastcgi_pass", Value: "app"},
		{Directive: "proxy_pass", Remove: true},
	})
	want := strings.Replace(conf, "server 127.0.0.1:9000;", "server 127.0.0.1:9001 down;\n        server 127.0.0.1:9002;", 1)
	want = strings.Replace(want, "proxy_pass http://app", "fastcgi_pass app", 1)
	if err != nil || got != want {
		t.Errorf("got %v\n%s\nwant\n%s", err, got, want)
	}
	for _, e := range []scenario.Edit{{Directive: "server", At: "127.0.0.1:9009", Value: "x", In: "upstream"}, {Directive: "keepalive", Remove: true, In: "upstream"}} {
		if _, err := editAll(conf, []scenario.Edit{e}); err == nil {
			t.Errorf("%+v changes what does not stand there", e)
		}
	}
}

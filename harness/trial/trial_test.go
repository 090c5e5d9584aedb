package trial

import (
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/faults"
)

func rowOf(t *testing.T, name string) Row {
	t.Helper()
	for _, r := range Rows() {
		if r.String() == name {
			return r
		}
	}
	t.Fatalf("there is no row %s", name)
	return Row{}
}

func TestParseTellsFormsApart(t *testing.T) {
	for data, want := range map[string]Answer{
		"": {Form: faults.Nothing},
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok":                   {Status: 200},
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok":                   {Status: 200, Form: faults.Truncated},
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n": {Status: 200, Form: faults.Truncated},
		"SSH-2.0-OpenSSH\r\n": {Form: faults.PassedThrough},
	} {
		if got := parse([]byte(data), "GET"); got.Status != want.Status || got.Form != want.Form {
			t.Errorf("%q: got %d %q, want %d %q", data, got.Status, got.Form, want.Status, want.Form)
		}
	}
}

// What was seen is compared in each of its parts.
func TestCompareTellsEachDifference(t *testing.T) {
	row := rowOf(t, "hang http-tcp")
	good := Seen{
		Answer: Answer{Status: 504, Took: time.Second},
		Events: []evidence.Event{{Phase: evidence.ReadingHeader, Outcome: evidence.TimedOut, Errno: 110}},
		Log:    "[error] upstream timed out (110: Connection timed out) while reading response header from upstream, client: …",
	}
	if got := Compare(row, "1.22", good); got != nil {
		t.Fatalf("got %v, want no difference", got)
	}
	for want, spoil := range map[string]func(*Seen){
		"the client got 502, want 504":                    func(s *Seen) { s.Status = 502 },
		"the client got 504 truncated, want 504":          func(s *Seen) { s.Form = faults.Truncated },
		"the log does not say":                            func(s *Seen) { s.Log = "" },
		"want reading header: timed out (110)":            func(s *Seen) { s.Events[0].Phase = evidence.Connecting },
		"the log tells of no upstream error":              func(s *Seen) { s.Events = nil },
		"a timeout of 1 s ended after 500ms":              func(s *Seen) { s.Took = time.Second / 2 },
		"nginx is alarmed: [alert] worker process exited": func(s *Seen) { s.Alarms = []string{"[alert] worker process exited"} },
		"the simulator: flush: lost": func(s *Seen) {
			s.Journal = []simulator.Entry{{Kind: simulator.KindFailed, Text: "flush: lost"}}
		},
	} {
		s := good
		s.Events = append([]evidence.Event(nil), good.Events...)
		spoil(&s)
		if got := strings.Join(Compare(row, "1.22", s), "; "); !strings.Contains(got, want) {
			t.Errorf("got %q, want %q in it", got, want)
		}
	}
}

func TestCompareTakesAlternatives(t *testing.T) {
	row := rowOf(t, "early-answer http-tcp")
	if got := Compare(row, "1.22", Seen{Answer: Answer{Status: 413}}); got != nil {
		t.Errorf("got %v, want no difference", got)
	}
	if got := Compare(row, "1.22", Seen{Answer: Answer{Status: 504}}); got == nil {
		t.Error("got no difference for a status that no outcome has")
	}
}

func TestRowsHaveAddressesOfTheirOwn(t *testing.T) {
	seen := map[string]Row{}
	for _, r := range Rows() {
		if other, twice := seen[r.Listen()]; twice {
			t.Errorf("%s and %s listen on %s", r, other, r.Listen())
		}
		seen[r.Listen()] = r
	}
	if len(seen) < 90 {
		t.Errorf("got %d rows, want at least 90", len(seen))
	}
}

func TestConfigHasWhatFaultsNeed(t *testing.T) {
	text := Config([]Row{rowOf(t, "keepalive-close fastcgi-unix"), rowOf(t, "none-live http-tcp")})
	for _, want := range []string{
		"server unix:/run/trial/keepalive-close-fastcgi-unix/app.sock;\n        keepalive 1;\n", "fastcgi_keep_conn on;",
		"location = /none-live/http-tcp {\n            proxy_pass http://none-live-http-tcp;\n", "proxy_read_timeout 1s;",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the configuration lacks %q:\n%s", want, text)
		}
	}
}

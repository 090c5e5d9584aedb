package dns_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/badgateway/badgateway/simulator/dns"
	"github.com/badgateway/badgateway/simulator/strictyaml"
	wire "github.com/miekg/dns"
)

// patience ends a test that hangs; nothing is expected to take it.
const patience = 10 * time.Second

func start(t *testing.T, plan string) *dns.Server {
	t.Helper()
	srv, err := dns.New(dns.Config{Plan: parse(t, plan)})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return srv
}

func parse(t *testing.T, text string) *dns.Plan {
	t.Helper()
	plan, err := dns.ParsePlan("dns.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// ask asks once and writes the answer as "NOERROR 1s 127.0.0.1 …", or the error.
func ask(srv *dns.Server, network, name, kind string) string {
	return askFor(srv, network, name, kind, patience)
}

func askFor(srv *dns.Server, network, name, kind string, limit time.Duration) string {
	client := wire.Client{Net: network, Timeout: limit}
	query := new(wire.Msg).SetQuestion(wire.Fqdn(name), wire.StringToType[kind])
	m, _, err := client.Exchange(query, srv.Addr())
	if err != nil {
		return err.Error()
	}
	text := wire.RcodeToString[m.Rcode]
	if m.Truncated {
		text += " truncated"
	}
	for _, rr := range m.Answer {
		h := rr.Header()
		text += fmt.Sprintf(" | %s %ds %s", h.Name, h.Ttl, strings.Join(strings.Fields(rr.String())[3:], " "))
	}
	return text
}

func TestAnswers(t *testing.T) {
	srv := start(t, `
rules:
  - {name: App.test, type: A, query: 1, answers: [A 127.0.0.1], ttl: 5s}
  - {name: app.test, type: A, query: 2, rcode: SERVFAIL}
  - {name: app.test, while: moved, answers: [A 127.0.0.9]}
  - {name: app.test, answers: [A 127.0.0.2, A 127.0.0.3, AAAA ::1, SRV 1 5 9000 a.test.]}
  - {name: "*.alias.test", answers: [CNAME b.test., b.test A 127.0.0.4]}
  - {name: empty.test}
  - {name: no.test, rcode: REFUSED}
  - {name: big.test, transport: udp, truncate: true}
  - {name: big.test, transport: tcp, query: 1, close: true}
  - {name: big.test, answers: [A 127.0.0.5]}
  - {name: lie.test, wrong_id: true, answers: [A 127.0.0.6]}`)
	for _, tt := range []struct{ network, name, kind, want string }{
		{"udp", "app.test", "A", "NOERROR | app.test. 5s A 127.0.0.1"},
		{"tcp", "APP.test", "A", "SERVFAIL"},
		{"udp", "app.test", "A", "NOERROR | app.test. 0s A 127.0.0.2 | app.test. 0s A 127.0.0.3"},
		{"udp", "app.test", "AAAA", "NOERROR | app.test. 0s AAAA ::1"},
		{"udp", "app.test", "SRV", "NOERROR | app.test. 0s SRV 1 5 9000 a.test."},
		{"udp", "app.test", "TXT", "NOERROR"},
		{"udp", "x.alias.test", "A", "NOERROR | x.alias.test. 0s CNAME b.test. | b.test. 0s A 127.0.0.4"},
		{"udp", "empty.test", "A", "NOERROR"},
		{"udp", "no.test", "A", "REFUSED"},
		{"udp", "other.test", "A", "NXDOMAIN"},
		{"udp", "big.test", "A", "NOERROR truncated"},
		{"tcp", "big.test", "A", "EOF"},
		{"tcp", "big.test", "A", "NOERROR | big.test. 0s A 127.0.0.5"},
		{"tcp", "lie.test", "A", wire.ErrId.Error()},
	} {
		if got := ask(srv, tt.network, tt.name, tt.kind); got != tt.want {
			t.Errorf("%s %s %s: got %q, want %q", tt.network, tt.name, tt.kind, got, tt.want)
		}
	}
	srv.OpenGate("moved")
	if got, want := ask(srv, "udp", "app.test", "A"), "NOERROR | app.test. 0s A 127.0.0.9"; got != want {
		t.Errorf("gate open: got %q, want %q", got, want)
	}
	srv.ShutGate("moved")
	if got := ask(srv, "udp", "app.test", "A"); !strings.Contains(got, "127.0.0.2") {
		t.Errorf("gate shut: got %q", got)
	}
}

func await(t *testing.T, srv *dns.Server, kind, text string) dns.Entry {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	e, err := srv.Await(ctx, 0, func(e dns.Entry) bool { return e.Kind == kind && e.Text == text })
	if err != nil {
		t.Fatalf("wait for %s %q: %v", kind, text, err)
	}
	return e
}

func TestSilenceIsJournaled(t *testing.T) {
	srv := start(t, `rules: [{label: dead, name: dead.test, silent: true}]`)
	got := askFor(srv, "udp", "dead.test", "A", 50*time.Millisecond)
	if !strings.Contains(got, "timeout") {
		t.Errorf("got %q, want a timeout", got)
	}
	e := await(t, srv, dns.KindAnswer, "silent")
	if e.Rule != "dead" || e.Name != "dead.test" || e.Type != "A" || e.Transport != dns.UDP || e.Query != 1 || e.Generation != 1 {
		t.Errorf("journal says %+v", e)
	}
}

func TestDelaysAndGates(t *testing.T) {
	srv := start(t, `rules: [{name: slow.test, delay: 30ms, answers: [A 127.0.0.1]}, {name: held.test, wait: go, answers: [A 127.0.0.1]}]`)
	begun := time.Now()
	if got := ask(srv, "udp", "slow.test", "A"); !strings.HasPrefix(got, "NOERROR") || time.Since(begun) < 30*time.Millisecond {
		t.Errorf("got %q after %v", got, time.Since(begun))
	}
	answer := make(chan string)
	go func() { answer <- ask(srv, "udp", "held.test", "A") }()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := srv.Await(ctx, 0, func(e dns.Entry) bool { return e.Name == "held.test" }); err != nil {
		t.Fatal(err)
	}
	srv.OpenGate("go")
	if got := <-answer; !strings.HasPrefix(got, "NOERROR") {
		t.Errorf("got %q", got)
	}
}

// A new plan holds at once, also for what listens.
func TestSetPlan(t *testing.T) {
	srv := start(t, `refuse: [tcp]`)
	if _, err := net.Dial("tcp", srv.Addr()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("TCP: got %v, want ECONNREFUSED", err)
	}
	n, err := srv.SetPlan(parse(t, "{refuse: [udp], default: {rcode: REFUSED}}"))
	if err != nil || n != 2 || srv.Generation() != 2 {
		t.Fatalf("got generation %d, %v", n, err)
	}
	if got := ask(srv, "tcp", "a.test", "A"); got != "REFUSED" {
		t.Errorf("TCP: got %q, want REFUSED", got)
	}
	if got := ask(srv, "udp", "a.test", "A"); !strings.Contains(got, "connection refused") {
		t.Errorf("UDP: got %q, want ECONNREFUSED", got)
	}
	if _, err := srv.SetPlan(&dns.Plan{Default: &dns.Answer{Close: true}}); err == nil || srv.Generation() != 2 {
		t.Errorf("a plan that cannot be: got %v, generation %d", err, srv.Generation())
	}
}

func TestPlansThatCannotWork(t *testing.T) {
	for plan, want := range map[string]string{
		"rules: [{nam: a}]":                         `dns.yaml:1:10: unknown field "nam"`,
		"rules: [{type: B}]":                        `dns.yaml:1:16: unknown type of record "B"`,
		"rules: [{query: 0}]":                       `dns.yaml:1:17: want a number from 1`,
		"default: {rcode: OOPS}":                    `dns.yaml:1:18: unknown response code "OOPS"`,
		"default: {answers: [A]}":                   `dns.yaml:1:21: want a record such as "A 127.0.0.1", got "A"`,
		"default: {answers: [A 127.0.0.999]}":       `dns.yaml:1:21: record "A 127.0.0.999": `,
		"refuse: [sctp]":                            `dns.yaml:1:10: want udp or tcp, got "sctp"`,
		"default: {close: true}":                    "default: close: only a connection",
		"rules: [{transport: tcp, truncate: true}]": "rules[0]: truncate: an answer over TCP is whole",
		"rules: [{silent: true, truncate: true}]":   "rules[0]: only one of",
	} {
		p, err := dns.ParsePlan("dns.yaml", []byte(plan))
		var placed *strictyaml.Error
		if err == nil {
			_, err = dns.New(dns.Config{Plan: p})
		} else if !errors.As(err, &placed) {
			t.Errorf("%s: the error has no place: %v", plan, err)
		}
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s:\ngot  %v\nwant %s", plan, err, want)
		}
	}
	for _, listen := range []string{"8.8.8.8:53", "0.0.0.0:53", "localhost", "127.0.0.1"} {
		if _, err := dns.New(dns.Config{Listen: listen}); err == nil {
			t.Errorf("listen on %s: no error", listen)
		}
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	goroutines, files := runtime.NumGoroutine(), descriptors(t)
	srv := start(t, `rules: [{name: held.test, wait: never}, {name: late.test, delay: 1h}, {silent: true}]`)
	conn, err := net.Dial("udp", srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	tcp, err := wire.DialTimeout("tcp", srv.Addr(), patience)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"held.test.", "late.test.", "dead.test."} {
		query, _ := new(wire.Msg).SetQuestion(name, wire.TypeA).Pack()
		if _, err := conn.Write(query); err != nil {
			t.Fatal(err)
		}
	}
	if err := tcp.WriteMsg(new(wire.Msg).SetQuestion("held.test.", wire.TypeA)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := srv.Await(ctx, 0, func(e dns.Entry) bool { return e.Query == 4 }); err != nil {
		t.Fatal(err)
	}
	if err := srv.Close(); err != nil {
		t.Error(err)
	}
	_, _ = conn.Close(), tcp.Close()
	if got := descriptors(t); got > files {
		t.Errorf("%d descriptors, before %d", got, files)
	}
	for limit := time.Now().Add(patience); runtime.NumGoroutine() > goroutines && time.Now().Before(limit); {
		runtime.Gosched() // a goroutine's last instructions come after it is counted out
	}
	if got := runtime.NumGoroutine(); got > goroutines {
		buf := make([]byte, 1<<16)
		t.Errorf("%d goroutines, before %d\n%s", got, goroutines, buf[:runtime.Stack(buf, true)])
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func TestJournalIsBounded(t *testing.T) {
	srv, err := dns.New(dns.Config{Journal: 2})
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if _, err := srv.SetPlan(nil); err != nil {
			t.Fatal(err)
		}
	}
	entries, overflow := srv.Journal(1)
	if len(entries) != 2 || overflow != 2 || entries[0].Seq != 4 || entries[1].Generation != 5 {
		t.Errorf("got %+v and %d overwritten", entries, overflow)
	}
}

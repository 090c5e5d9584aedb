package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/faults"
)

func TestUpstreamListsFaults(t *testing.T) {
	var out bytes.Buffer
	if err := listFaults(&out); err != nil {
		t.Fatal(err)
	}
	for f := range faults.All() {
		if !strings.Contains(out.String(), f.Name+" ") || !strings.Contains(out.String(), folded(f.Doc)) {
			t.Errorf("the list lacks %s", f.Name)
		}
	}
	for line := range strings.Lines(out.String()) {
		if len(line) > columns+1 {
			t.Errorf("more than %d columns: %s", columns, line)
		}
	}
}

func TestUpstreamListsSteps(t *testing.T) {
	var out bytes.Buffer
	if err := listSteps(&out); err != nil {
		t.Fatal(err)
	}
	for _, s := range append(simulator.Steps(), simulator.Matches()...) {
		if !strings.Contains(out.String(), "\n"+s.Usage+"\n"+folded(s.Doc)) {
			t.Errorf("the list lacks %s", s.Name)
		}
	}
	if !strings.Contains(out.String(), "record_padding") {
		t.Error("the list lacks the marks")
	}
}

func TestUpstreamErrors(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"--fault reset-in-heder", "did you mean "},
		{"--fault nonsense", `unknown fault "nonsense"; see badgateway upstream --faults`},
		{"--fault socket-missing", "does not exist over http-tcp (known: http-unix"},
		{"--fault hang plan.yaml", "want either a plan, --fault NAME, --faults or --steps"},
		{"", "want either a plan, --fault NAME, --faults or --steps"},
	} {
		cmd := upstreamCommand()
		cmd.SetArgs(strings.Fields(c.args))
		cmd.SilenceUsage, cmd.SilenceErrors = true, true
		if err := cmd.Execute(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", c.args, err, c.want)
		}
	}
}

func TestUpstreamAnnouncesTheOutcome(t *testing.T) {
	f := upstreamFlags{listen: "unix:/run/app.sock", protocol: "http", fault: "queue-full"}
	var out bytes.Buffer
	f.announce(&out)
	want := "nginx 1.30: the client gets 502; in its log: failed (11: Resource temporarily unavailable) while connecting to upstream\n"
	if !strings.HasSuffix(out.String(), want) {
		t.Errorf("got %q, want %q at its end", out.String(), want)
	}
}

func TestUpstreamSpeaksTLSWhereTheFaultDoes(t *testing.T) {
	f := upstreamFlags{listen: "tcp:127.0.0.1:0", protocol: "http", fault: "certificate-expired"}
	c, err := f.faultConfig()
	if err != nil || c.Plan.Endpoint.TLS == nil {
		t.Fatalf("got %v, %v, want a plan with TLS", c, err)
	}
}

func TestUpstreamBringsItsDNSServer(t *testing.T) {
	f := upstreamFlags{listen: "tcp:127.0.0.1:0", protocol: "http", fault: "name-missing"}
	var out bytes.Buffer
	if err := f.serveNames(t.Context(), &out); err != nil || !strings.HasPrefix(out.String(), "DNS server for app.test: resolver 127.0.0.1:") {
		t.Errorf("got %q, %v", out.String(), err)
	}
	out.Reset()
	f.fault = "hang"
	if err := f.serveNames(t.Context(), &out); err != nil || out.Len() > 0 {
		t.Errorf("got %q, %v, want nothing", out.String(), err)
	}
}

package simulator

import (
	"errors"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/simulator/strictyaml"
)

// What a socket or protocol cannot do is an error before anything runs, at its place in the file.
func TestPlansThatCannotWork(t *testing.T) {
	for _, tt := range []struct{ name, listen, protocol, plan, want string }{
		{"unknown step", "", "", "default:\n  - respnd: {}", `p.yaml:2:5: unknown step "respnd" (known: alert, body, chunk, close, `},
		{"unknown field", "", "", "default:\n  - respond: {stauts: 200}", `p.yaml:2:15: unknown field "stauts" (known: body, chunked, fill, header, header_of, length, reason, records, status, trailer)`},
		{"unknown match", "", "", "exchanges:\n  - {match: {pth: /}, script: []}", `p.yaml:2:14: unknown match "pth" (known: `},
		{"unknown mark", "", "", "default: [{cut_at: {mark: haeder, then: [fin]}}]", `p.yaml:1:20: unknown mark "haeder"`},
		{"no argument", "", "", "default: [sleep]", "p.yaml:1:11: sleep needs a value, as in: sleep: 800ms"},
		{"argument", "", "", "default: [{fin: now}]", "p.yaml:1:17: this step is a bare word"},
		{"duration", "", "", "default: [{sleep: 5}]", "p.yaml:1:19: want a duration with its unit"},
		{"after the end", "", "", "default:\n  - fin\n  - serve", "p.yaml:3:5: nothing can follow fin"},
		{"a cut that goes on", "", "", "default: [{cut_at: {mark: start, then: [flush]}}, serve]", "p.yaml:1:11: cut_at: the last step of then must end the connection"},
		{"a place that is not there", "", "", "default:\n  - cut_at: {mark: header, index: 7, then: [fin]}\n  - serve", "p.yaml:2:5: header[7]+0: the script has no such place: the output has 2 of header"},
		{"behind the end", "", "", "default: [{stall_at: {mark: body, plus: 4}}, serve]", "p.yaml:1:11: body[0]+4: the script has no such place: only 3 bytes follow body[0]"},
		{"FastCGI step", "", "http", "default: [{stderr: x}]", "p.yaml:1:11: stderr: only possible with protocol fastcgi"},
		{"HTTP step", "", "fastcgi", "default: [last_chunk]", "p.yaml:1:11: last_chunk: not possible in FastCGI"},
		{"HTTP/2 step", "", "http", "default: [{rst_stream: CANCEL}]", "p.yaml:1:11: rst_stream: only possible with protocol http2"},
		{"HTTP/2 trailers", "", "http", "default: [{respond: {trailer: {A: b}}}]", "p.yaml:1:11: trailer: only possible with protocol http2"},
		{"error code", "", "http2", "default: [{rst_stream: OOPS}]", "p.yaml:1:24: want a number or one of NO_ERROR, "},
		{"frame type", "", "http2", "default: [{frame: {type: dat}}]", "p.yaml:1:26: want a number or one of data, "},
		{"what cannot be ignored", "", "http2", "default: [{ignore: [data]}]", "p.yaml:1:20: want some of settings, pings, window, got data"},
		{"chunks in frames", "", "http2", "default: [{chunk: a}]", "p.yaml:1:11: chunk: not possible in HTTP/2"},
		{"one stream reads", "", "http2", "default: [no_read]", "p.yaml:1:11: no_read: an HTTP/2 connection is read for all its streams"},
		{"head of a connection", "", "http2", "connections: [{script: [read_head]}]", "p.yaml:1:25: read_head: in HTTP/2 "},
		{"request in a connection rule", "", "", "connections:\n  - {match: {path: /}, script: [fin]}", "p.yaml:2:5: connections[0]: path: a connection rule is decided at accept"},
		{"body in a connection rule", "", "", "connections: [{script: [read_body]}]", "p.yaml:1:25: read_body: no exchange has begun"},
		{"reset of what is read", "unix:/a", "", "default: [drain, rst]", "p.yaml:1:18: rst: a unix socket is reset by closing it with unread input"},
		{"idle reset on unix", "unix:/a", "", "idle: {after: 1s, then: rst}", "p.yaml:1:25: rst: a unix socket is reset by"},
		{"idle that goes on", "", "", "idle: {after: 1s, then: flush}", "p.yaml:1:7: idle: then must end the connection"},
		{"leave and fin", "", "", "default: [leave_unread, fin]", "p.yaml:1:25: fin: an orderly end reads what leave_unread leaves"},
		{"unix state on TCP", "", "", "endpoint: {stale: true}", "p.yaml:1:11: endpoint: missing, stale"},
		{"two states", "unix:/a", "", "endpoint: {stale: true, missing: true}", "p.yaml:1:11: endpoint: only one of"},
		{"probability", "", "", "exchanges: [{match: {prob: 2}, script: [serve]}]", "p.yaml:1:13: exchanges[0]: prob: 2 is no probability"},
		{"loops in loops", "", "", "default: [{loop: {times: 9999, script: [{loop: {times: 9999, script: [{send: x}]}}]}}]", "p.yaml:1:71: the plan is too big"},
		{"a gigabyte of chunks", "", "", "default: [{respond: {fill: 1GiB, chunked: 1}}]", "p.yaml:1:11: the plan is too big"},
		{"a gigabyte of records", "", "fastcgi", "default: [{stdout: {fill: 1GiB, records: {size: 1}}}]", "p.yaml:1:11: the plan is too big"},
		{"range", "", "", "exchanges: [{match: {exchange: 4-2}, script: [serve]}]", "p.yaml:1:32: want a number from 1, or a range"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan, err := ParsePlan("p.yaml", []byte(tt.plan))
			if err == nil {
				listen := tt.listen
				if listen == "" {
					listen = "tcp:127.0.0.1:0"
				}
				_, err = New(Config{Listen: listen, Protocol: tt.protocol, Plan: plan})
			}
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			var placed *strictyaml.Error
			if !errors.As(err, &placed) || placed.Line == 0 {
				t.Errorf("the error has no place: %v", err)
			}
		})
	}
}

func TestConfigThatCannotWork(t *testing.T) {
	for _, tt := range []struct {
		config Config
		want   string
	}{
		{Config{Listen: "127.0.0.1:9000"}, "want tcp:host:port or unix:/path"},
		{Config{Listen: "tcp:9000"}, "missing port"},
		{Config{Listen: "unix:app.sock"}, "absolute path"},
		{Config{Listen: "unix:/" + strings.Repeat("x", 107)}, "at most 107 bytes"},
		{Config{Listen: "tcp:127.0.0.1:0", Protocol: "ajp"}, `unknown protocol "ajp" (known: fastcgi, http, http2, raw, uwsgi)`},
	} {
		if _, err := New(tt.config); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: got %v, want %s", tt.config, err, tt.want)
		}
	}
}

// A body mark exists in the answer to GET and not in that to HEAD: that is found out when HEAD comes.
func TestMarkMissingForHEAD(t *testing.T) {
	plan, err := ParsePlan("p.yaml", []byte(`default: [{cut_at: {mark: body, plus: 1, then: [fin]}}, serve]`))
	if err != nil {
		t.Fatal(err)
	}
	gen, err := compile(plan, traits{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if p := gen.fallback.program(variant{headOnly: true}); !p.closes || len(p.actions) != 1 {
		t.Errorf("got %+v, want a program that reports and hangs up", p)
	}
}

func TestEachStepAndMatchIsDescribed(t *testing.T) {
	for _, s := range append(Steps(), Matches()...) {
		if s.Doc == "" || !strings.Contains(s.Usage, s.Name) {
			t.Errorf("%+v: want a usage with the name, and a sentence", s)
		}
	}
	for _, s := range Steps() { // what the usage shows must decode
		script, err := ParsePlan(s.Name, []byte("default:\n  - "+s.Usage))
		if err != nil || len(script.Default) != 1 {
			t.Errorf("usage of %s: %v", s.Name, err)
		}
	}
	for _, m := range Matches() {
		if _, err := ParsePlan(m.Name, []byte("exchanges:\n  - script: []\n    match:\n      "+m.Usage)); err != nil {
			t.Errorf("usage of %s: %v", m.Name, err)
		}
	}
}

func TestRegisteringTwicePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	registerStep("fin", "", "", nil)
}

// Draws depend on what they are for and not on who draws first.
func TestDrawsAreKeyed(t *testing.T) {
	at := func(seed, rule, decision, conn uint64, exchange, turn int) float64 {
		c := chance{key: [3]uint64{seed, rule, decision}}
		return c.at(place{conn, exchange, turn}).Float64()
	}
	a := at(1, 2, 3, 4, 5, 6)
	if b := at(1, 2, 3, 4, 5, 6); a != b {
		t.Errorf("the same key gives %v and %v", a, b)
	}
	seen := map[float64]bool{a: true}
	for _, f := range []float64{at(2, 2, 3, 4, 5, 6), at(1, 3, 3, 4, 5, 6), at(1, 2, 4, 4, 5, 6), at(1, 2, 3, 5, 5, 6), at(1, 2, 3, 4, 6, 6),
		at(1, 2, 3, 4, 5, 7), at(2, 1, 3, 4, 5, 6), at(1<<32, 2, 3, 4, 5, 6), at(1, 2, 3, 4, 1<<20|5, 6)} {
		if seen[f] {
			t.Errorf("another key gives %v again", f)
		}
		seen[f] = true
	}
}

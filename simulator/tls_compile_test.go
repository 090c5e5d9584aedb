package simulator

import (
	"errors"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/simulator/strictyaml"
)

// What cannot be done in TLS is an error before anything runs, at its place in the file.
func TestTLSPlansThatCannotWork(t *testing.T) {
	const secure = "endpoint: {tls: {}}\n"
	for _, tt := range []struct{ name, plan, want string }{
		{"alert without TLS", "connections: [{script: [{alert: 40}]}]", "p.yaml:1:25: alert: the endpoint speaks no TLS; declare endpoint: {tls: good}"},
		{"stall without TLS", "connections: [{script: [{stall_handshake: server_hello}]}]", "p.yaml:1:25: stall_handshake: the endpoint speaks no TLS"},
		{"sni without TLS", "connections: [{match: {sni: a}, script: [fin]}]", "p.yaml:1:15: connections[0]: sni: the endpoint speaks no TLS"},
		{"close_notify without TLS", "default: [serve, close_notify]", "p.yaml:1:18: close_notify: no TLS is spoken here"},
		{"truncate before the handshake", secure + "connections: [{script: [truncate]}]", "p.yaml:2:25: truncate: no TLS is spoken here"},
		{"kind", "endpoint:\n  tls: {certificate: expird}", `p.yaml:2:22: unknown kind of certificate "expird" (known: expired, good, missing_intermediate, not_yet_valid, other_name, self_signed, self_signed_chain, unknown_ca)`},
		{"kind as a word", "endpoint: {tls: yes}", `p.yaml:1:17: unknown kind of certificate "yes" (known: `},
		{"kind of a step", secure + "connections: [{script: [{handshake: bad}]}]", `p.yaml:2:37: unknown kind of certificate "bad" (known: `},
		{"field", "endpoint: {tls: {sni: a}}", `p.yaml:1:18: unknown field "sni" (known: alpn, certificate, ciphers, client_certificate, `},
		{"key", "endpoint: {tls: {key: dsa}}", `p.yaml:1:23: unknown key "dsa" (known: ecdsa, rsa, rsa1024)`},
		{"version", "endpoint: {tls: {max_version: 1.2}}", `p.yaml:1:31: unknown version "1.2" (known: TLSv1, TLSv1.1, TLSv1.2, TLSv1.3)`},
		{"versions", "endpoint: {tls: {min_version: TLSv1.3, max_version: TLSv1.2}}", "p.yaml:1:17: min_version TLSv1.3 is above max_version TLSv1.2"},
		{"cipher", "endpoint: {tls: {ciphers: [AES128-SHA]}}", `p.yaml:1:28: unknown cipher "AES128-SHA" (known: TLS_ECDHE_`},
		{"client certificate", "endpoint: {tls: {client_certificate: yes}}", `p.yaml:1:38: client_certificate: "yes" is none of`},
		{"plaintext", "endpoint: {tls: {plaintext: drop}}", `p.yaml:1:29: plaintext: "drop" is none of`},
		{"no name", "endpoint: {tls: {require_sni: {names: []}}}", "p.yaml:1:17: require_sni: the name is missing"},
		{"alert's name", secure + "connections: [{script: [{alert: handshake}]}]", `p.yaml:2:33: want the number of an alert or its name, got "handshake" (known: access_denied, `},
		{"alert's number", secure + "connections: [{script: [{alert: 256}]}]", "p.yaml:2:33: 256 is no decimal number between 0 and 255"},
		{"alert's level", secure + "connections: [{script: [{alert: {number: 40, level: high}}]}]", `p.yaml:2:33: level: "high" is neither`},
		{"alert after the handshake", secure + "default: [{alert: 40}]", "p.yaml:2:11: alert: the handshake is over here"},
		{"alert behind the ServerHello", secure + "connections: [{script: [{alert: {number: 40, after: server_hello}}]}]", "p.yaml:2:25: alert: after must be"},
		{"handshake after an alert", secure + "connections: [{script: [{alert: 40}, handshake]}]", "p.yaml:2:38: handshake: no handshake comes after a fatal alert"},
		{"two handshakes", secure + "connections: [{script: [handshake, handshake]}]", "p.yaml:2:36: handshake: the handshake is over here"},
		{"place", secure + "connections: [{script: [{stall_handshake: finished}]}]", `p.yaml:2:43: unknown place "finished" (known: accept, client_hello, server_hello)`},
		{"bytes of nothing", secure + "connections: [{script: [{stall_handshake: {after: accept, plus: 3}}]}]", "p.yaml:2:25: stall_handshake: plus counts bytes of the server's answer"},
		{"a cut that goes on", secure + "connections: [{script: [{cut_handshake: {then: [flush]}}]}]", "p.yaml:2:25: cut_handshake: the last step of then must end"},
		{"output after close_notify", secure + "default: [close_notify, serve]", "p.yaml:2:11: close_notify: nothing can be sent after it"},
		{"proxy's need", "endpoint: {proxy_protocol: always}", `p.yaml:1:28: proxy_protocol: "always" is neither required nor optional`},
		{"proxy's version", "endpoint: {proxy_protocol: {version: 3}}", "p.yaml:1:28: proxy_protocol: version 3 is neither 1 nor 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan, err := ParsePlan("p.yaml", []byte(tt.plan))
			if err == nil {
				_, err = New(Config{Listen: "tcp:127.0.0.1:0", Plan: plan})
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

// Plans made in Go meet the same checks.
func TestTLSMadeInGo(t *testing.T) {
	for _, e := range []Endpoint{
		{TLS: &TLS{Certificate: "expird"}}, {TLS: &TLS{ClientCertificate: "x"}}, {TLS: &TLS{Plaintext: "x"}},
		{TLS: &TLS{RequireSNI: &RequireSNI{}}}, {ProxyProtocol: &ProxyProtocol{Need: "x"}},
	} {
		if _, err := New(Config{Listen: "tcp:127.0.0.1:0", Plan: &Plan{Endpoint: e}}); err == nil {
			t.Errorf("%+v %+v: no error", e.TLS, e.ProxyProtocol)
		}
	}
}

// The same settings share one certificate, others have their own.
func TestSetupsAreShared(t *testing.T) {
	plan := &Plan{Endpoint: Endpoint{TLS: &TLS{}}, Connections: []Rule{On(nil, Handshake(TLS{})), On(nil, Handshake(TLS{Certificate: "expired"}))}}
	s, err := New(Config{Listen: "tcp:127.0.0.1:0", Plan: plan})
	if err != nil {
		t.Fatal(err)
	}
	tr := s.traits
	tr.setups = map[string]*tlsSetup{}
	first, err1 := tr.setup(TLS{})
	second, err2 := tr.setup(TLS{})
	third, err3 := tr.setup(TLS{Certificate: "expired"})
	if err := errors.Join(err1, err2, err3); err != nil || first != second || first == third {
		t.Errorf("got %p, %p and %p, %v; want the first two the same", first, second, third, err)
	}
}

// The ClientHello is found where it ends, however it is cut into records.
func TestHelloLength(t *testing.T) {
	for _, tt := range []struct {
		bytes string
		n     int
		plain bool
	}{
		{"", 0, false}, {"\x16", 0, false}, {"G", 0, true}, {"\x16\x02", 0, true}, {"\x80\x2e\x01", 0, true},
		{"\x16\x03\x01\x00\x06\x01\x00\x00\x02ab", 11, false},
		{"\x16\x03\x01\x00\x06\x01\x00\x00\x02a", 0, false},
		{"\x16\x03\x01\x00\x02\x01\x00\x16\x03\x01\x00\x04\x00\x02abrest", 16, false},
		{"\x16\x03\x01\x00\x02\x01\x00\x15\x03\x01\x00\x04", 7, false}, // an alert in its middle
		{"\x16\x03\x01\x00\x05\x10\x00\x00\x20a", 10, false},           // no ClientHello: crypto/tls refuses it
	} {
		if n, plain := helloLength([]byte(tt.bytes)); n != tt.n || plain != tt.plain {
			t.Errorf("%q: got %d, %v; want %d, %v", tt.bytes, n, plain, tt.n, tt.plain)
		}
	}
}

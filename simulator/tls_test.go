package simulator_test

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/authority"
)

const secureGet = "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n"

// handshakes are plans with what a client of crypto/tls sees of them and what the journal says.
var handshakes = []struct {
	name, plan string
	client     func(*tls.Config)
	answer     string // what the answer contains; "" is no answer
	end        string // how the client's error begins
	result     string // of the journal's handshake entry
	alert      simulator.Alert
}{
	{"good", `endpoint: {tls: {}}`, nil, "200 OK", "close_notify or fin", "complete", 0},
	{"good by its word", `endpoint: {tls: good}`, tls12, "200 OK", "close_notify or fin", "complete", 0},
	{"rsa", `endpoint: {tls: {key: rsa}}`, nil, "200 OK", "close_notify or fin", "complete", 0},
	{"expired", `endpoint: {tls: expired}`, nil, "", "handshake: tls: failed to verify certificate: x509: certificate has expired or is not yet valid", "rejected by peer", 42},
	{"not yet valid", `endpoint: {tls: {certificate: not_yet_valid}}`, nil, "", "handshake: tls: failed to verify certificate: x509: certificate has expired or is not yet valid", "rejected by peer", 42},
	{"self-signed", `endpoint: {tls: self_signed}`, nil, "", "handshake: tls: failed to verify certificate: x509: certificate signed by unknown authority", "rejected by peer", 42},
	{"unknown CA", `endpoint: {tls: unknown_ca}`, tls12, "", "handshake: tls: failed to verify certificate: x509: certificate signed by unknown authority", "rejected by peer", 42},
	{"other name", `endpoint: {tls: other_name}`, nil, "", "handshake: tls: failed to verify certificate: x509: certificate is valid for other.test, not app.test", "rejected by peer", 42},
	{"other names", `endpoint: {tls: {names: [10.0.0.1]}}`, nil, "", "handshake: tls: failed to verify certificate: x509: certificate is not valid for any names, but wanted to match app.test", "rejected by peer", 42},
	{"a certificate of its own", `{endpoint: {tls: {}}, connections: [{script: [{handshake: expired}]}]}`, nil, "", "handshake: tls: failed to verify certificate: x509: certificate has expired", "rejected by peer", 42},
	{"old", `endpoint: {tls: {max_version: TLSv1.1}}`, nil, "", "handshake: protocol version not supported", "refused", 70},
	{"new", `endpoint: {tls: {min_version: TLSv1.3}}`, tls12, "", "handshake: protocol version not supported", "refused", 70},
	{"cipher", `endpoint: {tls: {max_version: TLSv1.2, ciphers: [TLS_RSA_WITH_AES_128_CBC_SHA]}}`, nil, "", "handshake: handshake failure", "refused", 40},
	{"protocols", `endpoint: {tls: {alpn: [h2]}}`, offering("spdy/3"), "", "handshake: no application protocol", "refused", 120},
	{"SNI missing", `endpoint: {tls: {require_sni: app.test}}`, nameless, "", "handshake: unrecognized name", "refused", 112},
	{"SNI missing, the other alert", `endpoint: {tls: {require_sni: {names: [app.test], alert: handshake_failure}}}`, nameless, "", "handshake: handshake failure", "refused", 40},
	{"SNI there", `endpoint: {tls: {require_sni: APP.test}}`, nil, "200 OK", "close_notify or fin", "complete", 0},
	{"client certificate missing, TLS 1.2", `endpoint: {tls: {client_certificate: require}}`, tls12, "", "handshake: handshake failure", "refused", 40},
	{"client certificate missing, TLS 1.3", `endpoint: {tls: {client_certificate: verify}}`, nil, "", "certificate required", "refused", 116},
	{"client certificate may be missing", `endpoint: {tls: {client_certificate: request}}`, nil, "200 OK", "close_notify or fin", "complete", 0},
	{"alert", `{endpoint: {tls: {}}, connections: [{script: [{alert: 80}]}]}`, nil, "", "handshake: internal error", "refused", 80},
	{"alert by name, at accept", `{endpoint: {tls: {}}, connections: [{script: [{alert: {number: handshake_failure, after: accept}}]}]}`, nil, "", "handshake: handshake failure", "refused", 40},
	{"warning", `{endpoint: {tls: {}}, connections: [{script: [{alert: {number: 112, level: warning}}]}]}`, tls12, "200 OK", "close_notify or fin", "complete", 0},
	{"plaintext on the port", `{endpoint: {tls: {}}, connections: [{script: [{send: "HTTP/1.1 400 Bad Request\r\n\r\n"}, fin]}]}`, nil, "", "handshake: tls: first record does not look like a TLS handshake", "", 0},
	{"another protocol on the port", `{}`, nil, "", "handshake: tls: first record does not look like a TLS handshake", "", 0},
	{"by SNI", `{endpoint: {tls: {}}, connections: [{match: {sni: "*.test"}, script: [{alert: 49}]}]}`, nil, "", "handshake: access denied", "refused", 49},
	{"by no SNI", `{endpoint: {tls: {}}, connections: [{match: {sni: ""}, script: [rst]}]}`, nil, "200 OK", "close_notify or fin", "complete", 0},
	{"close after the ClientHello", `{endpoint: {tls: {}}, connections: [{script: [{cut_handshake: {then: [fin]}}]}]}`, nil, "", "handshake: EOF", "held", 0},
	{"reset after the ClientHello", `{endpoint: {tls: {}}, connections: [{script: [{cut_handshake: {after: client_hello, then: [rst]}}]}]}`, nil, "", "handshake: ECONNRESET", "held", 0},
	{"close after the ServerHello", `{endpoint: {tls: {}}, connections: [{script: [{cut_handshake: {after: server_hello, then: [fin]}}]}]}`, nil, "", "handshake: EOF", "held", 0},
	{"reset in the server's flight", `{endpoint: {tls: {}}, connections: [{script: [{cut_handshake: {after: server_hello, plus: 100, then: [flush, rst]}}]}]}`, nil, "", "handshake: ECONNRESET", "held", 0},
	{"small pieces", `{endpoint: {tls: {}}, connections: [{script: [{dribble_handshake: {size: 200, gap: 1ms}}]}]}`, nil, "200 OK", "close_notify or fin", "complete", 0},
	{"held for a while", `{endpoint: {tls: {}}, connections: [{script: [{stall_handshake: {after: server_hello, for: 5ms}}]}]}`, nil, "200 OK", "close_notify or fin", "held", 0},
	{"truncated body", `{endpoint: {tls: {}}, default: [{cut_at: {mark: body, plus: 5, then: [truncate]}}, {respond: {fill: 100}}]}`, nil, "\r\n\r\nthe q", "close_notify or fin", "complete", 0},
	{"reset in the body", `{endpoint: {tls: {}}, default: [{cut_at: {mark: body, plus: 5, then: [flush, rst]}}, {respond: {fill: 100}}]}`, nil, "\r\n\r\nthe q", "ECONNRESET", "complete", 0},
	{"reset on the request", `{endpoint: {tls: {}}, default: [rst]}`, nil, "", "ECONNRESET", "complete", 0},
	{"fin on the request", `{endpoint: {tls: {}}, default: [fin]}`, nil, "", "close_notify or fin", "complete", 0},
	{"dribble", `{endpoint: {tls: {}}, default: [{dribble: {size: 20, gap: 1ms}}, {respond: {header: {Connection: close}}}]}`, nil, "200 OK", "close_notify or fin", "complete", 0},
	{"STARTTLS at accept", `connections: [{script: [handshake]}]`, nil, "200 OK", "close_notify or fin", "complete", 0},
}

func tls12(c *tls.Config)    { c.MaxVersion = tls.VersionTLS12 }
func nameless(c *tls.Config) { c.ServerName, c.InsecureSkipVerify = "", true }
func offering(protocols ...string) func(*tls.Config) {
	return func(c *tls.Config) { c.NextProtos = protocols }
}

func TestHandshakes(t *testing.T) {
	for _, h := range handshakes {
		t.Run(h.name, func(t *testing.T) {
			for _, network := range []string{"tcp", "unix"} {
				srv := start(t, listenOn(t, network), "http", h.plan)
				config := trusting(t, srv)
				if h.client != nil {
					h.client(config)
				}
				c := dial(t, srv)
				answer, end := talk(t, c, config, secureGet)
				if !strings.HasPrefix(end, h.end) || !strings.Contains(answer, h.answer) || h.answer == "" && answer != "" {
					t.Errorf("%s: the client got %q and %q, want %q and %q", network, answer, end, h.answer, h.end)
				}
				_ = c.Close()
				await(t, srv, simulator.KindClose, "")
				if h.result != "" {
					if e := await(t, srv, simulator.KindHandshake, ""); e.TLS.Result != h.result || e.TLS.Alert != h.alert {
						t.Errorf("%s: the journal says %+v, want %s with alert %d", network, *e.TLS, h.result, h.alert)
					}
					wantNoFailure(t, srv)
				}
			}
		})
	}
}

// All protocols and both sockets go through TLS, with keep-alive, bodies in both directions and resets that leave input unread.
func TestProtocolsOverTLS(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		for _, protocol := range []string{"http", "fastcgi"} {
			t.Run(network+"/"+protocol, func(t *testing.T) {
				srv := start(t, listenOn(t, network), protocol,
					`{endpoint: {tls: good}, exchanges: [{match: {exchange: 3}, script: [rst]}, {match: {sni: app.test, exchange: 2}, script: [{respond: {body: named}}]}]}`)
				c := tls.Client(dial(t, srv), trusting(t, srv))
				for _, want := range []string{"ok\n", "named"} {
					write(t, c, requestBytes(protocol, "POST", "/", strings.Repeat("x", 40000)))
					if got := readResponse(t, c, protocol); !strings.HasSuffix(got, want) {
						t.Errorf("got %q, want %q at its end", got, want)
					}
				}
				write(t, c, requestBytes(protocol, "POST", "/", "x"))
				if _, end := readAll(c); end != "ECONNRESET" {
					t.Errorf("the third exchange reads %s, want ECONNRESET", end)
				}
				wantNoFailure(t, srv)
			})
		}
	}
}

func TestOtherProtocolsOverTLS(t *testing.T) {
	srv := start(t, listenOn(t, "tcp"), "uwsgi", `endpoint: {tls: good}`)
	c := tls.Client(dial(t, srv), trusting(t, srv))
	write(t, c, requestBytes("uwsgi", "GET", "/", ""))
	if got, _ := readAll(c); !strings.HasSuffix(got, "ok\n") {
		t.Errorf("uwsgi: got %q", got)
	}
	srv = start(t, listenOn(t, "tcp"), "http2", `{endpoint: {tls: good}, exchanges: [{match: {sni: app.test}, script: [{respond: {fill: 100KiB}}]}]}`)
	client := http.Client{Timeout: patience, Transport: &http.Transport{TLSClientConfig: trusting(t, srv), ForceAttemptHTTP2: true}}
	defer client.CloseIdleConnections()
	for range 3 {
		resp, err := client.Get("https://" + strings.TrimPrefix(srv.Addr(), "tcp:"))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.ProtoMajor != 2 || len(body) != 100<<10 || err != nil {
			t.Errorf("got %s with %d bytes, %v", resp.Proto, len(body), err)
		}
	}
	wantNoFailure(t, srv)
}

// The journal tells what both sides said.
func TestHandshakeJournal(t *testing.T) {
	srv := start(t, listenOn(t, "tcp"), "http", `endpoint: {tls: {client_certificate: verify, alpn: [http/1.1]}}`)
	config := trusting(t, srv)
	config.NextProtos = []string{"h2", "http/1.1"}
	config.Certificates = []tls.Certificate{clientCertificate(t, srv, authority.Good)}
	if answer, end := talk(t, dial(t, srv), config, secureGet); !strings.Contains(answer, "200 OK") {
		t.Fatalf("got %q, %s", answer, end)
	}
	e := await(t, srv, simulator.KindHandshake, "").TLS
	if e.SNI != "app.test" || e.Version != "TLSv1.3" || !strings.HasPrefix(e.Cipher, "TLS_") || e.ALPN != "http/1.1" ||
		!slices.Equal(e.Offered, config.NextProtos) || e.ClientCertificate != "client.test" || e.Certificate != "good" {
		t.Errorf("got %+v", e)
	}
}

// A server that verifies names by its alert what is wrong with the client's certificate.
func TestClientCertificates(t *testing.T) {
	for kind, want := range map[authority.Kind]simulator.Alert{
		authority.Good: 0, authority.Expired: 45, authority.UnknownCA: 48, authority.SelfSigned: 48,
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			srv := start(t, listenOn(t, "tcp"), "http", `endpoint: {tls: {client_certificate: verify}}`)
			config := trusting(t, srv)
			config.MaxVersion = version
			cert := clientCertificate(t, srv, kind)
			config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &cert, nil }
			_, end := talk(t, dial(t, srv), config, secureGet)
			e := await(t, srv, simulator.KindHandshake, "").TLS
			if e.Alert != want || e.ClientCertificate != "client.test" {
				t.Errorf("%s, %s: got alert %s of %+v, the client reads %s", kind, tls.VersionName(version), e.Alert, e, end)
			}
			if text := map[simulator.Alert]string{0: "close_notify or fin", 45: "expired certificate", 48: "unknown certificate authority"}[want]; !strings.HasSuffix(end, text) {
				t.Errorf("%s, %s: the client reads %q, want %s", kind, tls.VersionName(version), end, text)
			}
		}
	}
}

// Stalls hold until the peer ends or a gate opens, and Close ends them.
func TestStalledHandshakes(t *testing.T) {
	for _, place := range []string{"accept", "client_hello", "server_hello", "{after: server_hello, plus: 30}"} {
		srv := start(t, listenOn(t, "tcp"), "http", `{endpoint: {tls: {}}, connections: [{match: {conn: 2+}, script: [{stall_handshake: `+place+`}]}]}`)
		if answer, end := talk(t, dial(t, srv), trusting(t, srv), secureGet); !strings.Contains(answer, "200 OK") {
			t.Errorf("first connection: got %q, %s", answer, end)
		}
		c := dial(t, srv)
		_ = c.SetDeadline(time.Now().Add(50 * time.Millisecond))
		if _, end := talk(t, c, trusting(t, srv), secureGet); !strings.Contains(end, "i/o timeout") {
			t.Errorf("%s: the client got %s, want nothing", place, end)
		}
		_ = c.Close()
		if _, err := srv.Await(t.Context(), 0, func(e simulator.Entry) bool {
			return e.Kind == simulator.KindClose && e.Conn == 2 && e.By == simulator.ByPeer
		}); err != nil {
			t.Error(err)
		}
		held := dial(t, srv)
		go func() { _ = tls.Client(held, &tls.Config{InsecureSkipVerify: true}).Handshake() }()
		if _, err := srv.Await(t.Context(), 0, func(e simulator.Entry) bool { return e.Conn == 3 }); err != nil {
			t.Error(err)
		}
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestHandshakeWaitsForAGate(t *testing.T) {
	srv := start(t, listenOn(t, "unix"), "http", `{endpoint: {tls: {}}, connections: [{script: [{stall_handshake: {after: client_hello, gate: g}}]}]}`)
	done := make(chan string, 1)
	c := dial(t, srv)
	config := trusting(t, srv)
	go func() {
		tc := tls.Client(c, config)
		_, _ = io.WriteString(tc, secureGet)
		data, _ := io.ReadAll(tc)
		done <- string(data)
	}()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := srv.Gate("g").AwaitWaiting(ctx, 1); err != nil {
		t.Fatal(err)
	}
	srv.Gate("g").Open()
	if answer := <-done; !strings.Contains(answer, "200 OK") {
		t.Errorf("got %q", answer)
	}
}

// Without close_notify the socket's end alone is seen; with it, TLS's own.
func TestCloseNotify(t *testing.T) {
	for script, want := range map[string]bool{"serve, fin": true, "serve, truncate": false, "serve, close": false, "serve, close_notify, close": true} {
		srv := start(t, listenOn(t, "tcp"), "http", `{endpoint: {tls: {}}, default: [`+script+`]}`)
		counter := &recorder{Conn: dial(t, srv)}
		if answer, end := talk(t, counter, trusting(t, srv), secureGet); !strings.Contains(answer, "200 OK") {
			t.Errorf("%s: got %q, %s", script, answer, end)
		}
		// close_notify is a record of its own behind that of the answer: in TLS 1.3 of 19 bytes with its tag.
		if got := counter.last == 24; got != want {
			t.Errorf("%s: the last record has %d bytes; want close_notify: %v", script, counter.last, want)
		}
	}
}

// Plaintext on a TLS port is answered as the plan has it.
func TestPlaintextOnATLSPort(t *testing.T) {
	for _, tt := range []struct{ tls, request, answer, end string }{
		{"{}", secureGet, "HTTP/1.1 400 Bad Request", "eof"},
		{"{}", "\x01\x01\x00\x01\x00\x08\x00\x00", "\x15\x03\x03\x00\x02\x02\x46", "eof"},
		{"{plaintext: alert}", secureGet, "\x15\x03\x03\x00\x02\x02\x46", "eof"},
		{"{plaintext: fin}", secureGet, "", "eof"},
		{"{plaintext: rst}", secureGet, "", "ECONNRESET"},
	} {
		for _, network := range []string{"tcp", "unix"} {
			srv := start(t, listenOn(t, network), "http", `endpoint: {tls: `+tt.tls+`}`)
			c := dial(t, srv)
			write(t, c, tt.request)
			if answer, end := readAll(c); !strings.HasPrefix(answer, tt.answer) || tt.answer == "" && answer != "" || end != tt.end {
				t.Errorf("%s %s: got %q and %s, want %q and %s", network, tt.tls, answer, end, tt.answer, tt.end)
			}
			if e := await(t, srv, simulator.KindHandshake, ""); e.TLS.Result != simulator.HandshakePlaintext {
				t.Errorf("got %+v", e.TLS)
			}
			wantNoFailure(t, srv)
		}
	}
}

package simulator_test

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/simulator"
	"github.com/pires/go-proxyproto"
)

// proxyHeader is what HAProxy, or nginx with proxy_protocol on, sends first.
func proxyHeader(t *testing.T, version byte, command proxyproto.ProtocolVersionAndCommand) string {
	t.Helper()
	h := proxyproto.HeaderProxyFromAddrs(version,
		&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 4711}, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 2), Port: 443})
	h.Command = command
	if version == 2 {
		if err := h.SetTLVs([]proxyproto.TLV{{Type: proxyproto.PP2_TYPE_AUTHORITY, Value: []byte("app.test")}}); err != nil {
			t.Fatal(err)
		}
	}
	data, err := h.Format()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

const proxied = "PROXY 192.0.2.1:4711 to 192.0.2.2:443"

func TestProxyProtocol(t *testing.T) {
	v1, v2, local := proxyHeader(t, 1, proxyproto.PROXY), proxyHeader(t, 2, proxyproto.PROXY), proxyHeader(t, 2, proxyproto.LOCAL)
	for _, tt := range []struct{ name, endpoint, sends, answer, end, journal string }{
		{"version 1", "required", v1 + secureGet, "200 OK", "eof", "v1 " + proxied},
		{"version 2", "required", v2 + secureGet, "200 OK", "eof", "v2 " + proxied},
		{"the proxy's own check", "required", local + secureGet, "200 OK", "eof", "v2 LOCAL"},
		{"unknown addresses", "required", "PROXY UNKNOWN\r\n" + secureGet, "200 OK", "eof", "v1 "},
		{"missing", "required", secureGet, "", "eof", `no PROXY header: "GET / HTTP/1.1`},
		{"missing, reset", "{missing: rst}", secureGet, "", "ECONNRESET", "no PROXY header: "},
		{"the other version", "{version: 2}", v1 + secureGet, "", "eof", `no PROXY header: "PROXY TCP4 `},
		{"optional and missing", "optional", secureGet, "200 OK", "eof", "no PROXY header: "},
		{"optional and there", "{need: optional, version: 1}", v1 + secureGet, "200 OK", "eof", "v1 " + proxied},
		{"broken", "required", "PROXY TCP4 nobody\r\n", "", "eof", "no PROXY header: proxyproto: "},
		{"too long", "required", "PROXY " + strings.Repeat("x", 120), "", "eof", "no PROXY header: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, network := range []string{"tcp", "unix"} {
				srv := start(t, listenOn(t, network), "http", "endpoint: {proxy_protocol: "+tt.endpoint+"}")
				c := dial(t, srv)
				write(t, c, tt.sends)
				answer, end := readAll(c)
				if !strings.Contains(answer, tt.answer) || tt.answer == "" && answer != "" || end != tt.end {
					t.Errorf("%s: got %q and %s, want %q and %s", network, answer, end, tt.answer, tt.end)
				}
				e := await(t, srv, simulator.KindProxy, "")
				got := e.Text
				if e.Proxy != nil {
					got = e.Proxy.String()
				}
				if !strings.HasPrefix(got, tt.journal) {
					t.Errorf("%s: the journal says %q, want %q", network, got, tt.journal)
				}
				wantNoFailure(t, srv)
			}
		})
	}
}

// A header that comes byte by byte, before TLS and before a rule that waits for the server's name.
func TestProxyProtocolBeforeTLS(t *testing.T) {
	for _, version := range []byte{1, 2} {
		srv := start(t, listenOn(t, "tcp"), "http", `
endpoint: {tls: good, proxy_protocol: required}
connections: [{match: {sni: other.test}, script: [rst]}]`)
		c := dial(t, srv)
		for _, b := range []byte(proxyHeader(t, version, proxyproto.PROXY)) {
			write(t, c, string([]byte{b}))
		}
		if answer, end := talk(t, c, trusting(t, srv), secureGet); !strings.Contains(answer, "200 OK") {
			t.Errorf("version %d: got %q, %s", version, answer, end)
		}
		entries, _ := srv.Journal(0)
		var kinds []string
		for _, e := range entries {
			kinds = append(kinds, e.Kind)
		}
		if got := strings.Join(kinds, " "); !strings.Contains(got, "accept proxy handshake request") {
			t.Errorf("got %s", got)
		}
	}
}

// An upstream that expects no PROXY header takes it for a request line.
func TestProxyHeaderForWhoExpectsNone(t *testing.T) {
	for _, version := range []byte{1, 2} {
		srv := start(t, listenOn(t, "tcp"), "http", `{}`)
		c := dial(t, srv)
		write(t, c, proxyHeader(t, version, proxyproto.PROXY)+secureGet)
		if answer, _ := readAll(c); !strings.HasPrefix(answer, "HTTP/1.1 400 Bad Request") {
			t.Errorf("version %d: got %q, want 400", version, answer)
		}
	}
	srv := start(t, listenOn(t, "tcp"), "http", `endpoint: {tls: good}`)
	c := dial(t, srv)
	write(t, c, proxyHeader(t, 1, proxyproto.PROXY))
	if err := tls.Client(c, trusting(t, srv)).Handshake(); err == nil || err == io.EOF {
		t.Errorf("TLS after a header that nobody expects: got %v", err)
	}
}

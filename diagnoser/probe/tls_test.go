package probe

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// What a completed handshake showed is told, whatever the certificate is worth.
func TestHandshakeIsShown(t *testing.T) {
	cert := certificate(t)
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	must(t, err)
	var asked string
	a := backend(t, "tcp", "127.0.0.1:0", func(_ int, c net.Conn) {
		s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: tls.VersionTLS12, GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			asked = h.ServerName
			return nil, nil
		}})
		httpAfterRequest(say(ok))(0, s)
	})
	got := Ask(t.Context(), evidence.Question{Target: target("https", a), Host: "shop.test", ServerName: "orders.test"}, Options{})
	check(t, got, want{evidence.ReadingBody, evidence.OK, 0})
	if got.TLS == nil || got.TLS.Version != "TLSv1.2" || got.TLS.ServerName != "orders.test" || asked != "orders.test" {
		t.Fatalf("got %+v, the server was asked for %q", got.TLS, asked)
	}
	if !slices.Equal(got.TLS.Names, leaf.DNSNames) || got.TLS.Chain != 1 || !got.TLS.NotAfter.Equal(leaf.NotAfter) {
		t.Errorf("got %+v, want what is in the certificate", got.TLS)
	}
}

// A uwsgi packet has its size behind the first byte, and names and values behind theirs.
func TestUwsgi(t *testing.T) {
	var packet []byte
	a := backend(t, "tcp", "127.0.0.1:0", func(_ int, c net.Conn) {
		head := make([]byte, 4)
		io.ReadFull(c, head)
		packet = make([]byte, int(head[1])|int(head[2])<<8)
		io.ReadFull(c, packet)
		say(ok)(c)
	})
	got := Ask(t.Context(), evidence.Question{Target: target("uwsgi", a), URI: "/a?b=1", Host: "shop.test"}, Options{})
	check(t, got, want{evidence.ReadingBody, evidence.OK, 0})
	if got.Status != 200 || got.HeaderBytes == 0 || got.HeaderAfter <= 0 {
		t.Errorf("got %+v", got)
	}
	for _, v := range []string{"\x09\x00PATH_INFO\x02\x00/a", "\x0c\x00QUERY_STRING\x03\x00b=1", "\x09\x00HTTP_HOST\x09\x00shop.test"} {
		if !strings.Contains(string(packet), v) {
			t.Errorf("got %q, want %q in it", packet, v)
		}
	}
}

package probe

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// handshake does not verify the certificate, as proxy_ssl_verify is off by default, and
// accepts every version that a proxy might.
func (a *asker) handshake(ctx context.Context, conn net.Conn, p *evidence.Probe) (*wire, *failure) {
	name, _, err := net.SplitHostPort(a.q.Host)
	if err != nil {
		name = a.q.Host
	}
	name = cmp.Or(a.q.ServerName, name)
	c := tls.Client(conn, &tls.Config{ServerName: name, InsecureSkipVerify: true, MinVersion: tls.VersionTLS10})
	_ = conn.SetDeadline(time.Now().Add(a.q.Wait))
	if err := c.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		var record tls.RecordHeaderError
		if errors.As(err, &record) {
			return nil, invalid(evidence.Handshaking, "not TLS, %s", firstBytes(record.RecordHeader[:]))
		}
		return nil, classify(evidence.Handshaking, err)
	}
	p.TLS = shown(name, c.ConnectionState())
	return newWire(ctx, c), nil
}

// shown is what the handshake showed. An address is never sent as a server name (RFC 6066, 3).
func shown(name string, s tls.ConnectionState) *evidence.TLS {
	if net.ParseIP(name) != nil {
		name = ""
	}
	t := &evidence.TLS{ServerName: name, Version: version(s.Version), Chain: len(s.PeerCertificates)}
	if t.Chain > 0 {
		leaf := s.PeerCertificates[0]
		t.Subject, t.Issuer, t.Names = leaf.Subject.String(), leaf.Issuer.String(), namesOf(leaf)
		t.NotBefore, t.NotAfter = leaf.NotBefore.UTC(), leaf.NotAfter.UTC()
	}
	return t
}

// version spells a version as nginx does: "TLSv1.2", and "TLSv1" for the oldest.
func version(v uint16) string {
	return strings.Replace(strings.TrimSuffix(tls.VersionName(v), ".0"), "TLS ", "TLSv", 1)
}

func namesOf(c *x509.Certificate) []string {
	names := append([]string{}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	return names
}

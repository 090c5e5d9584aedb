package simulator_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/authority"
)

// trusting is the configuration of a client that asks for app.test and trusts the server's authority.
func trusting(t *testing.T, srv *simulator.Server) *tls.Config {
	t.Helper()
	data, err := srv.CA()
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		t.Fatalf("no certificate in %q", data)
	}
	return &tls.Config{RootCAs: pool, ServerName: "app.test"}
}

// clientCertificate is one that the server's authority signed.
func clientCertificate(t *testing.T, srv *simulator.Server, kind authority.Kind) tls.Certificate {
	t.Helper()
	a, err := srv.Authority()
	if err != nil {
		t.Fatal(err)
	}
	cert, err := a.Issue(authority.Request{Kind: kind, Client: true, Names: []string{"client.test"}})
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// talk does the handshake, sends a request and reads to the end. It returns what the first error was: of the handshake, or of reading.
func talk(t *testing.T, c net.Conn, config *tls.Config, request string) (answer, end string) {
	t.Helper()
	tc := tls.Client(c, config)
	if err := tc.Handshake(); err != nil {
		return "", "handshake: " + describe(err)
	}
	if _, err := io.WriteString(tc, request); err != nil {
		return "", "write: " + describe(err)
	}
	data, err := io.ReadAll(tc)
	if err == nil {
		return string(data), "close_notify or fin"
	}
	return string(data), describe(err)
}

// describe names errors by what matters of them.
func describe(err error) string {
	var invalid x509.CertificateInvalidError
	var op *net.OpError
	switch {
	case errors.Is(err, syscall.ECONNRESET):
		return "ECONNRESET"
	case errors.As(err, &invalid), errors.As(err, new(x509.UnknownAuthorityError)), errors.As(err, new(x509.HostnameError)):
		return err.Error()
	case errors.As(err, &op) && op.Op == "remote error":
		return strings.TrimPrefix(op.Err.Error(), "tls: ")
	}
	return err.Error()
}

// recorder notes the length of the last record that was read, header included.
type recorder struct {
	net.Conn
	input []byte
	last  int
}

func (r *recorder) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	r.input = append(r.input, p[:n]...)
	for len(r.input) >= 5 {
		size := 5 + int(r.input[3])<<8 + int(r.input[4])
		if len(r.input) < size {
			break
		}
		r.input, r.last = r.input[size:], size
	}
	return n, err
}

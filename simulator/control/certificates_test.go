package control_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/simulator/authority"
)

// The CA that is handed out is the server's, and it vouches for the client's certificates.
func TestCertificates(t *testing.T) {
	srv, c := mount(t)
	ca, err := c.CA(within(t))
	if own, _ := srv.CA(); err != nil || !bytes.Equal(ca, own) {
		t.Fatalf("got %q, %v", ca, err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	for kind, want := range map[authority.Kind]string{authority.Good: "", authority.Expired: "has expired", authority.SelfSigned: "unknown authority"} {
		data, err := c.ClientCertificate(within(t), kind, "nginx.test")
		if err != nil {
			t.Fatal(err)
		}
		pair, err := tls.X509KeyPair(data, data)
		if err != nil {
			t.Fatal(err)
		}
		_, err = pair.Leaf.Verify(x509.VerifyOptions{Roots: pool, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) || pair.Leaf.Subject.CommonName != "nginx.test" {
			t.Errorf("%s: got %v for %s, want %q", kind, err, pair.Leaf.Subject, want)
		}
	}
	if _, err := c.ClientCertificate(within(t), "expird", ""); err == nil || !strings.Contains(err.Error(), "(known: ") {
		t.Errorf("unknown kind: got %v", err)
	}
}

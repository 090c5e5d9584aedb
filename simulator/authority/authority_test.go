package authority

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// wants are what OpenSSL's verify says of each kind when the authority is trusted: its number is nginx's.
var wants = map[Kind]string{
	Good:                "OK",
	Expired:             "error 10 ",
	NotYetValid:         "error 9 ",
	SelfSigned:          "error 18 ",
	SelfSignedChain:     "error 19 ",
	UnknownCA:           "error 20 ",
	MissingIntermediate: "error 20 ", // and then 21, where verifying goes on
	OtherName:           "error 62 ",
}

func TestKindsAsOpenSSLSeesThem(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("needs openssl")
	}
	a, err := New()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ca := file("ca.pem", a.PEM())
	for _, kind := range Kinds() {
		cert, err := a.Issue(Request{Kind: kind})
		if err != nil {
			t.Fatal(err)
		}
		chain, _, err := Encode(cert)
		if err != nil {
			t.Fatal(err)
		}
		path := file(string(kind), chain)
		out, _ := exec.Command(openssl, "verify", "-CAfile", ca, "-untrusted", path, "-verify_hostname", "app.test", path).CombinedOutput()
		if !strings.Contains(string(out), wants[kind]) {
			t.Errorf("%s: want %q in\n%s", kind, wants[kind], out)
		}
	}
}

func TestKeys(t *testing.T) {
	a, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[Key]x509.PublicKeyAlgorithm{"": x509.ECDSA, RSA: x509.RSA, RSA1024: x509.RSA} {
		cert, err := a.Issue(Request{Key: key, Client: true, Names: []string{"a client"}})
		if err != nil {
			t.Fatal(err)
		}
		if cert.Leaf.PublicKeyAlgorithm != want || cert.Leaf.Subject.CommonName != "a client" {
			t.Errorf("%q: got %v for %s", key, cert.Leaf.PublicKeyAlgorithm, cert.Leaf.Subject)
		}
		chain, private, err := Encode(cert)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tls.X509KeyPair(chain, private); err != nil {
			t.Errorf("%q: %v", key, err)
		}
		if _, err := cert.Leaf.Verify(x509.VerifyOptions{Roots: a.Pool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
}

func TestUnknownWordsListTheKnown(t *testing.T) {
	a, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []Request{{Kind: "expird"}, {Key: "dsa"}} {
		if _, err := a.Issue(r); err == nil || !strings.Contains(err.Error(), "(known: ") {
			t.Errorf("%+v: got %v", r, err)
		}
	}
	if err := errors.Join(Expired.Check(), RSA.Check()); err != nil || Expired.Doc() == "" {
		t.Errorf("known words: %v", err)
	}
}

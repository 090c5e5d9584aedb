package authority

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"net/netip"
	"time"
)

// Request is what Issue makes.
type Request struct {
	Kind   Kind     // Good when empty
	Key    Key      // ECDSA when empty
	Names  []string // DNS names and IP addresses; DefaultNames when empty. The first is the common name
	Client bool     // for a client instead of a server
}

// DefaultNames are those of a server's certificate that names none.
var DefaultNames = []string{"app.test", "localhost", "127.0.0.1", "::1"}

// OtherNames are those of OtherName.
var OtherNames = []string{"other.test"}

// Issue makes a certificate with a new key. The chain is what a server of this kind sends.
func (a *Authority) Issue(r Request) (tls.Certificate, error) {
	if r.Kind == "" {
		r.Kind = Good
	}
	if err := r.Kind.Check(); err != nil {
		return tls.Certificate{}, err
	}
	key, err := newKey(r.Key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make a key: %w", err)
	}
	how := forms[r.Kind]
	template := r.template(how)
	by := issuer{template, key}
	if how.by != nil {
		by = how.by(a)
	}
	leaf, err := sign(template, key.Public(), by)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("sign a certificate: %w", err)
	}
	out := tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}
	if how.within != nil {
		for _, c := range how.within(a) {
			out.Certificate = append(out.Certificate, c.Raw)
		}
	}
	return out, nil
}

func (r Request) template(how form) *x509.Certificate {
	names := r.Names
	switch {
	case how.other:
		names = OtherNames
	case len(names) == 0:
		names = DefaultNames
	}
	begin := time.Now().Add(-age + how.shift)
	t := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: names[0]},
		NotBefore: begin, NotAfter: begin.Add(life),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	if r.Client {
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		return t
	}
	for _, name := range names {
		if ip, err := netip.ParseAddr(name); err == nil {
			t.IPAddresses = append(t.IPAddresses, ip.AsSlice())
		} else {
			t.DNSNames = append(t.DNSNames, name)
		}
	}
	return t
}

func newKey(k Key) (crypto.Signer, error) {
	switch k {
	case "", ECDSA:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case RSA:
		return rsa.GenerateKey(rand.Reader, 2048)
	case RSA1024:
		return rsa.GenerateKey(rand.Reader, 1024)
	default:
		return nil, k.Check()
	}
}

// Encode is a certificate with its chain, and its key, each in PEM.
func Encode(c tls.Certificate) (chain, key []byte, err error) {
	for _, der := range c.Certificate {
		chain = append(chain, encodeCertificate(der)...)
	}
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		return nil, nil, fmt.Errorf("encode the key: %w", err)
	}
	return chain, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// Package authority makes certificates, good ones and ones with one fault each,
// for servers whose peers must accept or refuse them.
package authority

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

// Authority is a certificate authority of its own. Trust its PEM to accept what it signs. All its methods can be called at any time.
type Authority struct {
	root    issuer
	foreign issuer // nobody trusts it
	stray   issuer // an intermediate of foreign
	middle  issuer // an intermediate of root
}

// issuer is a certificate that signs others.
type issuer struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// Common names of the certificates that sign.
const (
	RootName         = "badgateway test CA"
	IntermediateName = "badgateway test intermediate CA"
	ForeignName      = "badgateway untrusted CA"
	StrayName        = "badgateway untrusted intermediate CA"
)

// New makes an authority with new keys.
func New() (*Authority, error) {
	a := &Authority{}
	for _, s := range []struct {
		into   *issuer
		name   string
		parent *issuer
	}{
		{&a.root, RootName, nil}, {&a.foreign, ForeignName, nil},
		{&a.stray, StrayName, &a.foreign}, {&a.middle, IntermediateName, &a.root},
	} {
		var err error
		if *s.into, err = newIssuer(s.name, s.parent); err != nil {
			return nil, fmt.Errorf("make certificate %q: %w", s.name, err)
		}
	}
	return a, nil
}

// PEM is the root's certificate, for a peer's list of trusted ones.
func (a *Authority) PEM() []byte { return encodeCertificate(a.root.cert.Raw) }

// Pool holds the root alone.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.root.cert)
	return pool
}

// age and life of what is valid today. The age bears with clocks that differ.
const (
	age  = 24 * time.Hour
	life = 365 * 24 * time.Hour
)

func newIssuer(name string, parent *issuer) (issuer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return issuer{}, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-3 * life), NotAfter: now.Add(3 * life), // it outlives all it signs, expired ones included
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	self := issuer{template, key}
	if parent == nil {
		parent = &self
	}
	cert, err := sign(template, key.Public(), *parent)
	return issuer{cert, key}, err
}

func sign(template *x509.Certificate, key crypto.PublicKey, by issuer) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, by.cert, key, by.key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// serial is a random positive number of 127 bits: RFC 5280, 4.1.2.2 allows 20 octets.
func serial() *big.Int {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // it never fails
	b[0] &= 0x7f
	return new(big.Int).SetBytes(b)
}

func encodeCertificate(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

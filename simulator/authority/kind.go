package authority

import (
	"crypto/x509"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Kind is what is wrong with a certificate, or good.
type Kind string

// The kinds. The numbers are those by which OpenSSL, and nginx with proxy_ssl_verify on, name the fault: "upstream SSL certificate
// verify error: (10:certificate has expired) while SSL handshaking to upstream".
const (
	Good                Kind = "good"
	Expired             Kind = "expired"              // 10: certificate has expired
	NotYetValid         Kind = "not_yet_valid"        // 9: certificate is not yet valid
	SelfSigned          Kind = "self_signed"          // 18: self-signed certificate
	SelfSignedChain     Kind = "self_signed_chain"    // 19: an untrusted root is sent with it
	UnknownCA           Kind = "unknown_ca"           // 20: the chain ends at an authority that nobody knows
	MissingIntermediate Kind = "missing_intermediate" // 21: the trusted root's intermediate is not sent
	OtherName           Kind = "other_name"           // nginx: "upstream SSL certificate does not match "app.test""
)

// form is how a kind is made.
type form struct {
	doc    string
	other  bool // for OtherNames
	shift  time.Duration
	by     func(*Authority) issuer // nil is the certificate itself
	within func(*Authority) []*x509.Certificate
}

func root(a *Authority) issuer { return a.root }

var forms = map[Kind]form{
	Good:                {doc: "what the authority's trust accepts", by: root},
	Expired:             {doc: "its time is over", by: root, shift: -life - age},
	NotYetValid:         {doc: "its time begins in a year", by: root, shift: life + age},
	SelfSigned:          {doc: "signed by itself"},
	SelfSignedChain:     {doc: "signed by an unknown root, which is sent", by: func(a *Authority) issuer { return a.foreign }, within: func(a *Authority) []*x509.Certificate { return []*x509.Certificate{a.foreign.cert} }},
	UnknownCA:           {doc: "its intermediate is sent, but the root above it is unknown", by: func(a *Authority) issuer { return a.stray }, within: func(a *Authority) []*x509.Certificate { return []*x509.Certificate{a.stray.cert} }},
	MissingIntermediate: {doc: "signed by an intermediate that is not sent", by: func(a *Authority) issuer { return a.middle }},
	OtherName:           {doc: "for another name", by: root, other: true},
}

// Kinds lists the kinds, sorted.
func Kinds() []Kind { return slices.Sorted(maps.Keys(forms)) }

// Doc says in words what a kind is.
func (k Kind) Doc() string { return forms[k].doc }

// Check refuses what is no kind, and lists what is.
func (k Kind) Check() error {
	if _, ok := forms[k]; ok {
		return nil
	}
	var known []string
	for _, kind := range Kinds() {
		known = append(known, string(kind))
	}
	return fmt.Errorf("unknown kind of certificate %q (known: %s)", string(k), strings.Join(known, ", "))
}

// Key is the algorithm of a certificate's key.
type Key string

// The keys. OpenSSL refuses RSA1024 where it verifies: nginx names it (66:EE certificate key too weak).
const (
	ECDSA   Key = "ecdsa" // P-256; also when empty
	RSA     Key = "rsa"   // 2048 bits
	RSA1024 Key = "rsa1024"
)

// Check refuses what is no key, and lists what is.
func (k Key) Check() error {
	if k == "" || k == ECDSA || k == RSA || k == RSA1024 {
		return nil
	}
	return fmt.Errorf("unknown key %q (known: %s, %s, %s)", string(k), ECDSA, RSA, RSA1024)
}

// UnmarshalText reads a kind's word.
func (k *Kind) UnmarshalText(text []byte) error {
	*k = Kind(text)
	return k.Check()
}

// UnmarshalText reads a key's word.
func (k *Key) UnmarshalText(text []byte) error {
	*k = Key(text)
	return k.Check()
}

package simulator

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/simulator/authority"
	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

// TLS says how an endpoint speaks TLS. In YAML a kind of certificate alone stands for a map with that certificate.
type TLS struct {
	Certificate       authority.Kind `yaml:"certificate,omitempty"` // good when empty
	Names             []string       `yaml:"names,omitempty"`       // of the certificate: DNS names and IP addresses; authority.DefaultNames when nil
	Key               authority.Key  `yaml:"key,omitempty"`         // ecdsa (also when empty), rsa or rsa1024
	RequireSNI        *RequireSNI    `yaml:"require_sni,omitempty"`
	ClientCertificate ClientAuth     `yaml:"client_certificate,omitempty"` // not asked for when empty
	MinVersion        TLSVersion     `yaml:"min_version,omitempty"`        // TLSv1.2 when 0
	MaxVersion        TLSVersion     `yaml:"max_version,omitempty"`        // TLSv1.3 when 0
	Ciphers           []Cipher       `yaml:"ciphers,omitempty"`            // up to TLSv1.2, by IANA's names; the usual ones when nil
	ALPN              []string       `yaml:"alpn,omitempty"`               // nil is h2 with protocol http2, and else ignores what the client offers; no common one is alert 120
	Plaintext         PlainAnswer    `yaml:"plaintext,omitempty"`          // what a client gets that speaks no TLS
}

// RequireSNI refuses who does not name one of Names. In YAML one name alone stands for a map with it.
type RequireSNI struct {
	Names []string `yaml:"names" strict:"required"`
	Alert Alert    `yaml:"alert,omitempty"` // unrecognized_name (112) when 0; some servers send handshake_failure (40) or internal_error (80)
}

// ClientAuth is what is asked of the client.
type ClientAuth string

// The ways to ask for a client's certificate. Where one is missing that must be there, the alert is handshake_failure (40) up to TLS 1.2. In TLS 1.3
// the client has finished its handshake when the server looks: it reads certificate_required (116) with its first answer.
const (
	RequestClientCertificate ClientAuth = "request" // it may be missing
	RequireClientCertificate ClientAuth = "require" // any will do
	VerifyClientCertificate  ClientAuth = "verify"  // one signed by the authority
)

var clientAuths = map[ClientAuth]tls.ClientAuthType{
	"": tls.NoClientCert, RequestClientCertificate: tls.RequestClientCert,
	RequireClientCertificate: tls.RequireAnyClientCert, VerifyClientCertificate: tls.RequireAndVerifyClientCert,
}

// PlainAnswer is what a TLS endpoint does when it is sent plaintext.
type PlainAnswer string

// The answers to plaintext. The default is what OpenSSL and Go's servers do: HTTP gets a 400 in plaintext, and anything else an alert.
const (
	PlainBadRequest PlainAnswer = "bad_request" // "400 The plain HTTP request was sent to HTTPS port": no line in the proxy's error log
	PlainAlert      PlainAnswer = "alert"       // protocol_version (70); nginx: "upstream sent no valid HTTP/1.0 header"
	PlainFIN        PlainAnswer = "fin"
	PlainRST        PlainAnswer = "rst"
)

func (a ClientAuth) check() error {
	if _, ok := clientAuths[a]; !ok {
		return fmt.Errorf("client_certificate: %q is none of request, require and verify", string(a))
	}
	return nil
}

// UnmarshalText reads the word.
func (a *ClientAuth) UnmarshalText(text []byte) error {
	*a = ClientAuth(text)
	return a.check()
}

func (a PlainAnswer) check() error {
	switch a {
	case "", PlainBadRequest, PlainAlert, PlainFIN, PlainRST:
		return nil
	}
	return fmt.Errorf("plaintext: %q is none of alert, bad_request, fin and rst", string(a))
}

// UnmarshalText reads the word.
func (a *PlainAnswer) UnmarshalText(text []byte) error {
	*a = PlainAnswer(text)
	return a.check()
}

// TLSVersion is a version by nginx's word, such as TLSv1.2.
type TLSVersion uint16

var tlsVersions = map[string]TLSVersion{
	"TLSv1": tls.VersionTLS10, "TLSv1.1": tls.VersionTLS11, "TLSv1.2": tls.VersionTLS12, "TLSv1.3": tls.VersionTLS13,
}

// String is the version's word.
func (v TLSVersion) String() string {
	for name, number := range tlsVersions {
		if number == v {
			return name
		}
	}
	return fmt.Sprintf("%#04x", uint16(v))
}

// Cipher is a cipher suite.
type Cipher uint16

// DecodeStrict also takes a kind of certificate alone.
func (t *TLS) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		return d.Decode(node, &t.Certificate)
	}
	type plain TLS
	if err := d.Decode(node, (*plain)(t)); err != nil {
		return err
	}
	if err := t.check(); err != nil {
		return d.Errorf(node, "%w", err)
	}
	return nil
}

// DecodeStrict also takes a name alone.
func (r *RequireSNI) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		r.Names = make([]string, 1)
		return d.Decode(node, &r.Names[0])
	}
	type plain RequireSNI
	return d.Decode(node, (*plain)(r))
}

// DecodeStrict reads nginx's word.
func (v *TLSVersion) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	var ok bool
	if *v, ok = tlsVersions[node.Value]; !ok {
		return d.Errorf(node, "unknown version %q (known: %s)", node.Value, strings.Join(slices.Sorted(maps.Keys(tlsVersions)), ", "))
	}
	return nil
}

// DecodeStrict reads a cipher suite's name.
func (c *Cipher) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	var known []string
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if !slices.Contains(suite.SupportedVersions, tls.VersionTLS12) {
			continue // those of TLS 1.3 cannot be chosen
		}
		if known = append(known, suite.Name); suite.Name == node.Value {
			*c = Cipher(suite.ID)
			return nil
		}
	}
	slices.Sort(known)
	return d.Errorf(node, "unknown cipher %q (known: %s)", node.Value, strings.Join(known, ", "))
}

// check refuses words that nobody knows, and what contradicts itself.
func (t *TLS) check() error {
	if t.Certificate != "" {
		if err := t.Certificate.Check(); err != nil {
			return err
		}
	}
	if err := t.Key.Check(); err != nil {
		return err
	}
	if err := t.ClientCertificate.check(); err != nil {
		return err
	}
	if err := t.Plaintext.check(); err != nil {
		return err
	}
	if t.RequireSNI != nil && (len(t.RequireSNI.Names) == 0 || slices.Contains(t.RequireSNI.Names, "")) {
		return errors.New("require_sni: the name is missing")
	}
	if lowest, highest := t.versions(); lowest > highest {
		return fmt.Errorf("min_version %s is above max_version %s", lowest, highest)
	}
	return nil
}

func (t *TLS) versions() (lowest, highest TLSVersion) {
	lowest, highest = t.MinVersion, t.MaxVersion
	if highest == 0 {
		highest = tls.VersionTLS13
	}
	if lowest == 0 {
		lowest = min(highest, tls.VersionTLS12)
	}
	return lowest, highest
}

// over is t with what it leaves open taken from below.
func (t TLS) over(below *TLS) TLS {
	if below == nil {
		return t
	}
	out := *below
	set(&out.Certificate, t.Certificate)
	set(&out.Key, t.Key)
	set(&out.RequireSNI, t.RequireSNI)
	set(&out.ClientCertificate, t.ClientCertificate)
	set(&out.MinVersion, t.MinVersion)
	set(&out.MaxVersion, t.MaxVersion)
	set(&out.Plaintext, t.Plaintext)
	if t.Names != nil {
		out.Names = t.Names
	}
	if t.Ciphers != nil {
		out.Ciphers = t.Ciphers
	}
	if t.ALPN != nil {
		out.ALPN = t.ALPN
	}
	return out
}

func set[T comparable](to *T, v T) {
	if v != *new(T) {
		*to = v
	}
}

// tlsSetup is a TLS made ready for handshakes.
type tlsSetup struct {
	TLS
	config *tls.Config
}

// prepare makes the certificate.
func (t TLS) prepare(from func() (*authority.Authority, error)) (*tlsSetup, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	if t.Certificate == "" {
		t.Certificate = authority.Good
	}
	a, err := from()
	if err != nil {
		return nil, err
	}
	names := t.Names
	if len(names) == 0 && t.RequireSNI != nil {
		names = append(slices.Clone(t.RequireSNI.Names), authority.DefaultNames...)
	}
	cert, err := a.Issue(authority.Request{Kind: t.Certificate, Key: t.Key, Names: names})
	if err != nil {
		return nil, err
	}
	lowest, highest := t.versions()
	config := &tls.Config{
		Certificates: []tls.Certificate{cert}, MinVersion: uint16(lowest), MaxVersion: uint16(highest),
		ClientAuth: clientAuths[t.ClientCertificate], NextProtos: t.ALPN,
		SessionTicketsDisabled: true, // a resumed session would hide the certificate of a new plan
	}
	if t.ClientCertificate == VerifyClientCertificate {
		config.ClientCAs = a.Pool()
	} else {
		config.ClientCAs = x509.NewCertPool()
	}
	for _, c := range t.Ciphers {
		config.CipherSuites = append(config.CipherSuites, uint16(c))
	}
	return &tlsSetup{t, config}, nil
}

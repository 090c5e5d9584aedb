package simulator

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
)

// TLSEntry is what the journal tells of a handshake or of an alert.
type TLSEntry struct {
	Result            string   `json:"result,omitempty"`
	SNI               string   `json:"sni,omitempty"`                // what the client named
	Offered           []string `json:"offered,omitempty"`            // the client's ALPN
	Version           string   `json:"version,omitempty"`            // TLSv1.3
	Cipher            string   `json:"cipher,omitempty"`             // IANA's name
	ALPN              string   `json:"alpn,omitempty"`               // what was agreed on
	Certificate       string   `json:"certificate,omitempty"`        // the kind that was shown
	ClientCertificate string   `json:"client_certificate,omitempty"` // the common name of what the client showed
	Alert             Alert    `json:"alert,omitempty"`
	AlertBy           string   `json:"alert_by,omitempty"` // who sent it
}

// String is the entry in words: "complete TLSv1.3 sni=app.test".
func (e *TLSEntry) String() string {
	parts := []string{e.Result, e.Version}
	for _, p := range []struct{ name, value string }{{"sni", e.SNI}, {"alpn", e.ALPN}, {"certificate", e.Certificate}, {"client_certificate", e.ClientCertificate}} {
		if p.value != "" {
			parts = append(parts, p.name+"="+p.value)
		}
	}
	if e.AlertBy != "" {
		parts = append(parts, "alert="+e.Alert.describe()+" by "+e.AlertBy)
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

// Values of TLSEntry.Result.
const (
	HandshakeComplete  = "complete"
	HandshakeRefused   = "refused"           // by this endpoint; Alert is what it sent
	HandshakeRejected  = "rejected by peer"  // Alert is what the peer sent: 42, 45, 46 and 48 speak of our certificate
	HandshakeAbandoned = "abandoned by peer" // it ended the connection without an alert, as nginx does with a certificate that it does not accept
	HandshakePlaintext = "plaintext"         // the peer speaks no TLS
	HandshakeHeld      = "held"              // the server's flight is stalled or cut
)

// shake does the handshake, or ends the connection.
func (c *conn) shake(t *tlsSetup) error {
	h, err := c.awaitHello()
	if err != nil {
		return err
	}
	switch {
	case h.plain:
		return c.answerPlain(t)
	case t.RequireSNI != nil && !slices.ContainsFunc(t.RequireSNI.Names, func(n string) bool { return strings.EqualFold(n, h.sni) }):
		return c.refuseHello(t.RequireSNI.alert())
	}
	s := c.secure
	s.wire = c.newWire()
	tc := tls.Server(s.wire, t.config)
	err = tc.Handshake()
	s.wire.done = true
	if err != nil {
		return c.handshakeFailed(t, err)
	}
	s.conn = tc
	c.shaken(t, tc.ConnectionState())
	return nil
}

func (r *RequireSNI) alert() Alert {
	if r.Alert == 0 {
		return alertUnrecognizedName
	}
	return r.Alert
}

// shaken journals a complete handshake.
func (c *conn) shaken(t *tlsSetup, state tls.ConnectionState) {
	e := c.handshakeEntry(HandshakeComplete)
	e.Version, e.Cipher = TLSVersion(state.Version).String(), tls.CipherSuiteName(state.CipherSuite)
	e.ALPN, e.Certificate = state.NegotiatedProtocol, string(t.Certificate)
	if len(state.PeerCertificates) > 0 {
		e.ClientCertificate = state.PeerCertificates[0].Subject.CommonName
	}
	c.log(&Entry{Kind: KindHandshake, TLS: e})
	for _, f := range c.secure.flight {
		if !f.met {
			c.failed("%s: the server's answer had only %d bytes", f.step, c.secure.wire.sent)
		}
	}
}

func (c *conn) handshakeEntry(result string) *TLSEntry {
	e := &TLSEntry{Result: result}
	if h := c.secure.hello; h != nil {
		e.SNI, e.Offered = h.sni, h.alpn
	}
	return e
}

// handshakeFailed journals why there is no TLS, and ends the connection.
func (c *conn) handshakeFailed(t *tlsSetup, err error) error {
	switch {
	case c.ended:
		return errDone
	case c.stop.Load(), errors.Is(err, errStopped):
		return errStopped
	}
	e := c.handshakeEntry(HandshakeRefused)
	e.Certificate = string(t.Certificate)
	alert, remote := remoteAlert(err)
	if told := c.secure.wire.told; told != 0 {
		alert, remote = told, true
		err = errors.New("the peer sent the alert " + told.describe())
	}
	broken := c.secure.wire.broken
	switch {
	case remote:
		e.Result, e.Alert, e.AlertBy = HandshakeRejected, alert, ByPeer
		c.log(&Entry{Kind: KindHandshake, TLS: e, Text: err.Error()})
		return c.peerEnds()
	case broken != nil:
		e.Result = HandshakeAbandoned
		c.log(&Entry{Kind: KindHandshake, TLS: e})
		return c.lost(broken)
	}
	if e.Alert = c.secure.wire.alert; e.Alert == 0 {
		e.Alert = alertOf(err)
	}
	if e.Alert != 0 {
		e.AlertBy = ByLocal
	}
	var verify *tls.CertificateVerificationError
	if errors.As(err, &verify) && len(verify.UnverifiedCertificates) > 0 {
		e.ClientCertificate = verify.UnverifiedCertificates[0].Subject.CommonName
	}
	c.log(&Entry{Kind: KindHandshake, TLS: e, Text: err.Error()})
	return c.lingerClose()
}

// alertOf is the alert that crypto/tls sends for an error about the client's certificate, where it was encrypted (processCertsFromClient).
func alertOf(err error) Alert {
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	var verify *tls.CertificateVerificationError
	switch {
	case errors.As(err, &unknown):
		return alertUnknownCA
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return alertCertificateExpired
	case errors.As(err, &verify):
		return alertBadCertificate
	case strings.Contains(err.Error(), "didn't provide a certificate"):
		return alertCertificateRequired
	}
	return 0
}

// refuseHello answers a ClientHello with an alert, and ends the connection.
func (c *conn) refuseHello(a Alert) error {
	e := c.handshakeEntry(HandshakeRefused)
	e.Alert, e.AlertBy = a, ByLocal
	c.log(&Entry{Kind: KindHandshake, TLS: e})
	if err := c.write(bytesSegment(a.record(false))); err != nil {
		return err
	}
	return c.lingerClose()
}

const plainRefusal = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 50\r\nConnection: close\r\n\r\n" +
	"The plain HTTP request was sent to an HTTPS port.\n"

// answerPlain is what a peer gets that speaks no TLS.
func (c *conn) answerPlain(t *tlsSetup) error {
	c.log(&Entry{Kind: KindHandshake, TLS: c.handshakeEntry(HandshakePlaintext)})
	answer := t.Plaintext
	if answer == "" {
		answer = PlainAlert
		if first := c.in.buf[c.in.r]; first >= 'A' && first <= 'Z' {
			answer = PlainBadRequest
		}
	}
	var err error
	switch answer {
	case PlainBadRequest:
		err = c.write(bytesSegment([]byte(plainRefusal)))
	case PlainAlert:
		err = c.write(bytesSegment(alertProtocolVersion.record(false)))
	case PlainRST:
		return c.reset()
	}
	if err != nil {
		return err
	}
	return c.lingerClose()
}

// begin does what comes before the first request: it reads the PROXY protocol's header and does the handshake.
func (c *conn) begin() error {
	if c.exchange == 0 && c.gen.prologue {
		return c.prologue()
	}
	return nil
}

//go:noinline
func (c *conn) prologue() error {
	if err := c.awaitProxy(); err != nil || c.gen.tls == nil || c.encrypted() {
		return err
	}
	return c.shake(c.gen.tls)
}

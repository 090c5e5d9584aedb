package faults

import (
	"time"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/authority"
)

// Certificate speaks TLS with a certificate of the kind, such as authority.Expired.
//
// nginx with proxy_ssl_verify on: "upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream".
func Certificate(kind authority.Kind) *simulator.Plan {
	return speaking(simulator.TLS{Certificate: kind})
}

// Alert answers the ClientHello with a fatal alert (RFC 8446, 6.2).
//
// nginx: "SSL_do_handshake() failed (SSL: … SSL alert number 40) while SSL handshaking to upstream".
func Alert(number simulator.Alert) *simulator.Plan {
	return shaking(simulator.SendAlert(number))
}

// StallHandshake does the handshake up to a place and sends nothing more.
//
// nginx: "upstream timed out (110: Connection timed out) while SSL handshaking to upstream".
func StallHandshake(place simulator.HandshakePlace) *simulator.Plan {
	return shaking(simulator.StallHandshake(simulator.FlightAt{After: place}))
}

// DribbleHandshake sends its part of the handshake in pieces of n bytes, one each gap.
func DribbleHandshake(n int64, gap time.Duration) *simulator.Plan {
	return shaking(simulator.DribbleHandshake(size(n), gap))
}

// CloseInHandshake ends the connection by a FIN at a place of the handshake.
//
// nginx: "peer closed connection in SSL handshake while SSL handshaking to upstream".
func CloseInHandshake(place simulator.HandshakePlace) *simulator.Plan {
	return shaking(simulator.CutHandshake(simulator.FlightAt{After: place}, simulator.FIN()))
}

// ResetInHandshake resets the connection at a place of the handshake.
//
// nginx: "peer closed connection in SSL handshake (104: Connection reset by peer) while SSL handshaking to upstream".
func ResetInHandshake(place simulator.HandshakePlace) *simulator.Plan {
	return shaking(simulator.CutHandshake(simulator.FlightAt{After: place}, simulator.RST()))
}

// SNIRequired refuses who does not name the server by SNI, with this alert (RFC 6066, 3).
//
// nginx: "SSL_do_handshake() failed (SSL: … SSL alert number 112) while SSL handshaking to upstream".
func SNIRequired(name string, number simulator.Alert) *simulator.Plan {
	return speaking(simulator.TLS{RequireSNI: &simulator.RequireSNI{Names: []string{name}, Alert: number}})
}

// ClientCertificateRequired asks for a client's certificate, in TLS up to a version. In TLS 1.3 the client has
// finished its handshake when it is refused: it reads the alert with the answer (RFC 8446, 4.4.2.4).
//
// nginx: "SSL_do_handshake() failed (… SSL alert number 40) while SSL handshaking to upstream", and with TLS 1.3
// "SSL_read() failed (… SSL alert number 116) while reading response header from upstream".
func ClientCertificateRequired(version simulator.TLSVersion) *simulator.Plan {
	return speaking(simulator.TLS{ClientCertificate: simulator.RequireClientCertificate, MaxVersion: version})
}

// NewestVersion speaks TLS up to a version only.
//
// nginx, where it is older than proxy_ssl_protocols allows: "SSL_do_handshake() failed (… unsupported protocol) while SSL handshaking to upstream".
func NewestVersion(version simulator.TLSVersion) *simulator.Plan {
	return speaking(simulator.TLS{MinVersion: version, MaxVersion: version})
}

// NoCloseNotify gives a whole answer whose end no length announces, and ends by a FIN without close_notify (RFC 8446, 6.1).
func NoCloseNotify() *simulator.Plan {
	return exchanges(simulator.Respond(simulator.Response{Body: "ok\n", Length: &simulator.ContentLength{None: true}}), simulator.Truncate())
}

// EagerPlaintext looks at the first bytes of a ClientHello, finds no HTTP and answers 400 in plaintext.
//
// nginx: "SSL_do_handshake() failed (SSL: error:…:wrong version number) while SSL handshaking to upstream".
func EagerPlaintext() *simulator.Plan { return EagerHTTP() }

// LazyPlaintext waits for the end of a line in the ClientHello, which does not come.
//
// nginx: "upstream timed out (110: Connection timed out) while SSL handshaking to upstream".
func LazyPlaintext() *simulator.Plan { return NeverReads() }

// PlaintextToTLS is a TLS server that is sent plain HTTP, and what it makes of that.
//
// nginx logs nothing of a 400; after an alert "upstream sent no valid HTTP/1.0 header while reading response header from upstream".
func PlaintextToTLS(answer simulator.PlainAnswer) *simulator.Plan {
	return speaking(simulator.TLS{Plaintext: answer})
}

// ProxyProtocolExpected wants each connection to begin with a PROXY header, and ends those that do not.
//
// nginx: "upstream prematurely closed connection while reading response header from upstream".
func ProxyProtocolExpected(missing simulator.MissingProxy) *simulator.Plan {
	return &simulator.Plan{Endpoint: simulator.Endpoint{ProxyProtocol: &simulator.ProxyProtocol{Missing: missing}}}
}

func speaking(t simulator.TLS) *simulator.Plan {
	return &simulator.Plan{Endpoint: simulator.Endpoint{TLS: &t}}
}

// shaking is a connection's script that begins before the handshake.
func shaking(step simulator.Step) *simulator.Plan {
	p := connections(step)
	p.Endpoint.TLS = &simulator.TLS{}
	return p
}

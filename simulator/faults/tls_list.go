package faults

import (
	"crypto/tls"
	"time"

	"github.com/badgateway/badgateway/simulator"
	"github.com/badgateway/badgateway/simulator/authority"
)

const (
	handshakeRule = "ngx_http_upstream_ssl_handshake_handler (ngx_http_upstream.c), ngx_ssl_handshake (ngx_event_openssl.c)"
	verifyRule    = "ngx_http_upstream_ssl_handshake (ngx_http_upstream.c): SSL_get_verify_result and ngx_ssl_check_host"
)

// handshakeFailed is a 502 whose line ends in "while SSL handshaking to upstream".
func handshakeFailed(result, log string) Outcome {
	return Outcome{Status: 502, Phase: handshaking, Result: result, Log: log}
}

// certificate declares a fault of a certificate.
func certificate(name string, kind authority.Kind, doc, log string) bool {
	return register(Fault{
		Name: name, Cause: "upstream-cert-verify", Places: tlsOnly, plan: always(Certificate(kind)), Doc: doc, Source: verifyRule,
		Needs: Needs{Verify: true, SNI: "app.test"}, Outcomes: []Outcome{handshakeFailed(invalid, log)},
	})
}

var _ = certificate("certificate-expired", authority.Expired, "A certificate whose time is over.",
	"upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream")
var _ = certificate("certificate-not-yet-valid", authority.NotYetValid, "A certificate whose time has not come.",
	"upstream SSL certificate verify error: (9:certificate is not yet valid")
var _ = certificate("certificate-self-signed", authority.SelfSigned, "A certificate that is signed by itself.",
	"upstream SSL certificate verify error: (18:")
var _ = certificate("certificate-self-signed-chain", authority.SelfSignedChain, "A certificate whose own root is sent with it, which the proxy does not trust.",
	"upstream SSL certificate verify error: (19:")
var _ = certificate("certificate-unknown-ca", authority.UnknownCA, "A certificate of an authority that the proxy does not trust.",
	"upstream SSL certificate verify error: (20:unable to get local issuer certificate) while SSL handshaking to upstream")
var _ = certificate("certificate-intermediate-missing", authority.MissingIntermediate, "A certificate whose intermediate is not sent with it.",
	"upstream SSL certificate verify error: (2") // 20 in OpenSSL 1.1, 21 in 3
var _ = certificate("certificate-other-name", authority.OtherName, "A good certificate for another name.",
	"upstream SSL certificate does not match \"app.test\" while SSL handshaking to upstream")

// alert declares an alert in answer to the ClientHello.
func alert(name, cause string, number simulator.Alert, doc, log string) bool {
	return register(Fault{
		Name: name, Cause: cause, Places: tlsOnly, plan: always(Alert(number)), Doc: doc, Source: handshakeRule,
		Outcomes: []Outcome{handshakeFailed(invalid, log)},
	})
}

var _ = alert("alert-handshake-failure", "tls-scheme-mismatch", 40, "The alert handshake_failure answers the ClientHello.", "SSL alert number 40) while SSL handshaking to upstream")
var _ = alert("alert-protocol-version", "tls-scheme-mismatch", 70, "The alert protocol_version answers the ClientHello.", "SSL alert number 70) while SSL handshaking to upstream")
var _ = alert("alert-internal-error", "sni-missing", 80, "The alert internal_error answers the ClientHello, as some servers do without SNI.", "SSL alert number 80) while SSL handshaking to upstream")

var _ = register(Fault{
	Name: "sni-required", Cause: "sni-missing", Places: tlsOnly, plan: always(SNIRequired("app.test", 112)),
	Doc:    "Who does not name the server by SNI is refused with the alert unrecognized_name.",
	Source: handshakeRule + "; RFC 6066, 3", Outcomes: []Outcome{handshakeFailed(invalid, "SSL alert number 112) while SSL handshaking to upstream")},
})

var _ = register(Fault{
	Name: "sni-other", Cause: "sni-wrong", Places: tlsOnly, plan: always(SNIRequired("app.test", 112)),
	Doc:    "Who names another server by SNI is refused with the alert unrecognized_name.",
	Source: handshakeRule + "; RFC 6066, 3", Needs: Needs{SNI: "other.test"},
	Outcomes: []Outcome{handshakeFailed(invalid, "SSL alert number 112) while SSL handshaking to upstream")},
})

var _ = register(Fault{
	Name: "client-certificate-tls12", Cause: "upstream-cert-verify", Places: tlsOnly, plan: always(ClientCertificateRequired(tls.VersionTLS12)),
	Doc:    "A client's certificate is required, in TLS 1.2: its absence is answered within the handshake.",
	Source: handshakeRule, Outcomes: []Outcome{handshakeFailed(invalid, "while SSL handshaking to upstream")},
})

var _ = register(Fault{
	Name: "client-certificate-tls13", Cause: "upstream-cert-verify", Places: tlsOnly, plan: always(ClientCertificateRequired(tls.VersionTLS13)),
	Doc:    "A client's certificate is required, in TLS 1.3: the proxy has finished its handshake when its absence is noticed.",
	Source: headerRule + "; RFC 8446, 4.4.2.4", Outcomes: []Outcome{invalidAnswer("SSL alert number 116) while reading response header from upstream")},
})

var _ = register(Fault{
	Name: "old-version", Cause: "tls-scheme-mismatch", Places: tlsOnly, plan: always(NewestVersion(tls.VersionTLS11)),
	Doc:    "Nothing newer than TLS 1.1 is spoken, which the proxy does not allow.",
	Source: handshakeRule, Outcomes: []Outcome{handshakeFailed(invalid, "SSL alert number 70) while SSL handshaking to upstream")},
})

var _ = register(Fault{
	Name: "handshake-stall", Cause: "tls-handshake-stalled", Places: tlsOnly, plan: always(StallHandshake(simulator.AfterClientHello)),
	Doc: "The ClientHello is read and not answered.", Source: handshakeRule, Outcomes: []Outcome{handshakeTimer},
})

var _ = register(Fault{
	Name: "handshake-stall-server-hello", Cause: "tls-handshake-stalled", Places: tlsOnly, plan: always(StallHandshake(simulator.AfterServerHello)),
	Doc: "The ServerHello is sent, and nothing of what follows it.", Source: handshakeRule, Outcomes: []Outcome{handshakeTimer},
})

var _ = register(Fault{
	Name: "handshake-dribble", Cause: "tls-handshake-stalled", Places: tlsOnly, plan: always(DribbleHandshake(200, 900*time.Millisecond)),
	Doc:    "The server's part of the handshake comes in pieces, each of them sooner than the timeout after the one before.",
	Source: handshakeRule, Outcomes: []Outcome{handshakeTimer},
})

var _ = register(Fault{
	Name: "handshake-close", Cause: "backend-connection-reset", Places: tlsOnly, plan: always(CloseInHandshake(simulator.AfterClientHello)),
	Doc: "FIN in answer to the ClientHello.", Source: handshakeRule,
	Outcomes: []Outcome{handshakeClosed},
})

var _ = register(Fault{
	Name: "handshake-reset", Cause: "backend-connection-reset", Places: tlsOnly, plan: always(ResetInHandshake(simulator.AfterClientHello)),
	Doc: "RST in answer to the ClientHello.", Source: handshakeRule,
	Outcomes: []Outcome{handshakeReset},
})

var _ = register(Fault{
	Name: "no-close-notify", Places: tlsOnly, plan: always(NoCloseNotify()),
	Doc:    "A whole answer without Content-Length, ended by a FIN without close_notify: nginx takes it for whole.",
	Source: "ngx_ssl_handle_recv (ngx_event_openssl.c); RFC 8446, 6.1", Outcomes: []Outcome{served},
})

var _ = register(Fault{
	Name: "eager-plaintext", Cause: "tls-scheme-mismatch", Places: tlsOnly, plan: always(EagerPlaintext()), plain: true,
	Doc: "An HTTP server without TLS behind proxy_pass https:// answers the ClientHello with 400.", Source: handshakeRule,
	Outcomes: []Outcome{handshakeFailed(invalid, "wrong version number) while SSL handshaking to upstream")},
})

var _ = register(Fault{
	Name: "lazy-plaintext", Cause: "tls-scheme-mismatch", Places: tlsOnly, plan: always(LazyPlaintext()), plain: true,
	Doc:    "An HTTP server without TLS behind proxy_pass https:// waits for the end of the request line.",
	Source: handshakeRule, Outcomes: []Outcome{handshakeTimer},
})

// plaintext declares a TLS server behind proxy_pass http://.
func plaintext(name string, answer simulator.PlainAnswer, doc string, o Outcome) bool {
	return register(Fault{
		Name: name, Cause: "tls-scheme-mismatch", Places: plainHTTP, plan: always(PlaintextToTLS(answer)),
		Doc: "A TLS server behind proxy_pass http:// " + doc, Source: statusRule, Outcomes: []Outcome{o},
	})
}

var _ = plaintext("plaintext-bad-request", simulator.PlainBadRequest, "answers 400 in plaintext.", Outcome{Status: 400})
var _ = plaintext("plaintext-alert", simulator.PlainAlert, "answers with the alert protocol_version.", noHTTP)
var _ = plaintext("plaintext-close", simulator.PlainFIN, "ends the connection by a FIN.", headerClosed)
var _ = plaintext("plaintext-reset", simulator.PlainRST, "resets the connection.", headerReset)

var _ = register(Fault{
	Name: "proxy-protocol-expected", Cause: "protocol-mismatch", Places: httpOnly, plan: always(ProxyProtocolExpected(simulator.MissingFIN)),
	Doc:    "A connection that does not begin with a PROXY header is ended by a FIN.",
	Source: headerRule, Outcomes: []Outcome{headerClosed},
})

var _ = register(Fault{
	Name: "proxy-protocol-expected-reset", Cause: "protocol-mismatch", Places: httpOnly, plan: always(ProxyProtocolExpected(simulator.MissingRST)),
	Doc:    "A connection that does not begin with a PROXY header is reset.",
	Source: headerRule, Outcomes: []Outcome{headerReset},
})

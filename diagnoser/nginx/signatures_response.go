package nginx

import "github.com/badgateway/badgateway/diagnoser/evidence"

// responseSignatures are those of a response that nginx cannot use.
var responseSignatures = []signature{
	{name: "too big header", prefix: "upstream sent too big header", phase: evidence.ReadingHeader, outcome: evidence.TooBig},
	{name: "too big trailers", prefix: "upstream sent too big trailers", outcome: evidence.TooBig},
	{name: "ignored header", prefix: "upstream sent duplicate header line", has: ", ignored", note: true},
	{name: "duplicate header", prefix: "upstream sent duplicate header line", outcome: evidence.Invalid},
	{name: "two lengths", prefix: `upstream sent "Content-Length" and "Transfer-Encoding"`, outcome: evidence.Invalid},
	{name: "bad transfer encoding", prefix: `upstream sent unknown "Transfer-Encoding"`, outcome: evidence.Invalid},
	{name: "bad length", prefix: `upstream sent invalid "Content-Length"`, outcome: evidence.Invalid},
	{name: "bad length", prefix: "upstream sent too large content length", outcome: evidence.Invalid},
	{name: "invalid header", prefix: "upstream sent invalid header", outcome: evidence.Invalid, usual: evidence.ReadingHeader},
	{name: "invalid header", prefix: "upstream sent invalid trailer", outcome: evidence.Invalid},
	{name: "invalid status", prefix: "upstream sent invalid status", outcome: evidence.Invalid, usual: evidence.ReadingHeader},
	{name: "early hints", prefix: "upstream sent HTTP/1.0 response with early hints", outcome: evidence.Invalid},
	{name: "ignored header", prefix: "upstream sent too big early hints", note: true},
	// The bytes go to the client as HTTP/0.9; the access log says status 009.
	{name: "not http", prefix: "upstream sent no valid HTTP/", outcome: evidence.Invalid, usual: evidence.ReadingHeader, status: 9},
	{name: "fastcgi version", prefix: "upstream sent unsupported FastCGI protocol version", outcome: evidence.Invalid, usual: evidence.ReadingHeader},
	{name: "fastcgi record", prefix: "upstream sent unexpected FastCGI record", outcome: evidence.Invalid},
	{name: "fastcgi framing", prefix: "upstream sent invalid FastCGI record type", outcome: evidence.Invalid},
	{name: "fastcgi framing", prefix: "upstream sent unexpected FastCGI request id", outcome: evidence.Invalid},
	{name: "fastcgi framing", prefix: "upstream split a header line in FastCGI records", outcome: evidence.Invalid},
	{name: "fastcgi length", prefix: "upstream sent too long FastCGI request", outcome: evidence.Invalid},
	{name: "bad chunk", prefix: "upstream sent invalid chunked response", outcome: evidence.Invalid},
	{name: "sent before handshake", prefix: "upstream prematurely sent response", outcome: evidence.Invalid},
	{name: "more data", prefix: "upstream sent more data than specified", note: true},
	{name: "more data", prefix: "upstream sent data after", note: true},
	{name: "memcached", prefix: "memcached sent invalid", outcome: evidence.Invalid},
}

// http2Signatures are those of grpc_pass and of proxy_http_version 2.
var http2Signatures = []signature{
	{name: "http2 frame size", prefix: "upstream sent too large http2 frame", outcome: evidence.Invalid},
	{name: "http2 stream error", prefix: "upstream rejected request with error", outcome: evidence.Reset},
	{name: "http2 stream error", prefix: "upstream sent goaway with error", outcome: evidence.Reset},
	{name: "http2 protocol", prefix: "upstream violated ", has: "flow control", outcome: evidence.Invalid},
	{name: "http2 body", prefix: "upstream sent response body larger", outcome: evidence.Invalid},
	{name: "http2 header", prefix: "upstream sent ", has: "http2 table index", outcome: evidence.Invalid},
	{name: "http2 protocol", prefix: "upstream sent ", has: " frame", outcome: evidence.Invalid},
	{name: "http2 protocol", prefix: "upstream sent ", has: "http2", outcome: evidence.Invalid},
	{name: "http2 protocol", prefix: "upstream sent ", has: ":status", outcome: evidence.Invalid},
	{name: "http2 protocol", prefix: "upstream sent ", has: "window", outcome: evidence.Invalid},
	{name: "http2 protocol", prefix: "upstream sent invalid encoded header", outcome: evidence.Invalid},
	{name: "http2 protocol", prefix: "upstream sent trailer without end stream", outcome: evidence.Invalid},
	{name: "http2 protocol", prefix: "upstream sent push promise", outcome: evidence.Invalid},
	{name: "http2 protocol", prefix: "upstream sent unexpected push promise", outcome: evidence.Invalid},
}

// tlsSignatures are those of TLS between nginx and the backend.
var tlsSignatures = []signature{
	{name: "tls handshake", prefix: "SSL_do_handshake() failed", while: "SSL handshaking to upstream", outcome: evidence.Invalid},
	{name: "tls closed", prefix: "peer closed connection in SSL handshake (", has: "upstream", errno: true},
	{name: "tls closed", prefix: "peer closed connection in SSL handshake", has: "upstream", outcome: evidence.ClosedEarly},
	{name: "tls certificate", prefix: "upstream SSL certificate", phase: evidence.Handshaking, outcome: evidence.Invalid},
	{name: "tls read", prefix: "SSL_read() failed", has: "upstream", outcome: evidence.Invalid},
	{name: "tls write", prefix: "SSL_write() failed", has: "upstream", outcome: evidence.Invalid},
	{name: "tls shutdown", prefix: "SSL_shutdown() failed", has: "upstream", note: true},
	{name: "tls setup", prefix: "SSL_", has: "upstream", outcome: evidence.Invalid, status: 500},
}

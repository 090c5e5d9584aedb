package simulator

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"
)

// Types of TLS records (RFC 8446, 5.1).
const (
	recordAlert     = 21
	recordHandshake = 22
)

const (
	recordHeader    = 5 // type, version, length
	messageHeader   = 4 // type, length
	maxHello        = 1 << 16
	typeClientHello = 1
)

// hello is what a ClientHello says.
type hello struct {
	plain bool   // it is none: the peer does not speak TLS
	sni   string // lower case; "" when none was sent
	alpn  []string
}

// helloLength tells how many bytes of b hold the ClientHello's records: 0 while more are to
// come. The message may be split over records (RFC 8446, 5.1).
func helloLength(b []byte) (n int, plain bool) {
	var message []byte
	for n < maxHello {
		if len(b) > n && b[n] != recordHandshake || len(b) > n+1 && b[n+1] != 3 {
			return n, n == 0 // what follows the ClientHello's begin is for crypto/tls to refuse
		}
		if len(b) < n+recordHeader {
			return 0, false
		}
		end := n + recordHeader + int(binary.BigEndian.Uint16(b[n+3:]))
		if len(b) < end {
			return 0, false
		}
		message = append(message, b[n+recordHeader:end]...)
		n = end
		if len(message) < messageHeader {
			continue
		}
		length := int(message[1])<<16 | int(message[2])<<8 | int(message[3])
		if message[0] != typeClientHello || len(message) >= messageHeader+length {
			return n, false
		}
	}
	return n, false
}

var errHelloRead = errors.New("the ClientHello was read")

// parseHello lets crypto/tls read the records. What it cannot read is an empty hello: the handshake will say what is wrong.
func parseHello(records []byte) *hello {
	h := &hello{}
	config := &tls.Config{GetConfigForClient: func(info *tls.ClientHelloInfo) (*tls.Config, error) {
		h.sni, h.alpn = string(bytes.ToLower([]byte(info.ServerName))), info.SupportedProtos
		return nil, errHelloRead
	}}
	_ = tls.Server(replay{bytes.NewReader(records)}, config).Handshake()
	return h
}

// replay is a connection whose peer has said all it ever will.
type replay struct{ io.Reader }

func (replay) Write(p []byte) (int, error)      { return len(p), nil }
func (replay) Close() error                     { return nil }
func (replay) LocalAddr() net.Addr              { return nil }
func (replay) RemoteAddr() net.Addr             { return nil }
func (replay) SetDeadline(time.Time) error      { return nil }
func (replay) SetReadDeadline(time.Time) error  { return nil }
func (replay) SetWriteDeadline(time.Time) error { return nil }

// awaitHello waits for the ClientHello, which stays in the input for the handshake.
func (c *conn) awaitHello() (*hello, error) {
	s := c.security()
	if s.hello != nil {
		return s.hello, nil
	}
	if err := c.awaitProxy(); err != nil {
		return nil, err
	}
	for {
		b := c.in.buf[c.in.r:c.in.w]
		n, plain := helloLength(b)
		switch {
		case plain:
			s.hello = &hello{plain: true}
			return s.hello, nil
		case n > 0:
			s.hello = parseHello(b[:min(n, len(b))])
			return s.hello, nil
		}
		if err := c.fill(time.Time{}); err != nil {
			return nil, err
		}
	}
}

package probe

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

// backend serves each connection with f, which owns it; nothing is left after the test.
func backend(t *testing.T, network, address string, f func(n int, c net.Conn)) net.Addr {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				f(n, c)
			}()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr()
}

// patience is how long to wait for an answer: not at all long where silence is what is awaited;
// else nothing takes it, however busy the machine is.
func patience(outcome string) time.Duration {
	if outcome == evidence.TimedOut {
		return time.Second
	}
	return 20 * time.Second
}

func target(protocol string, a net.Addr) evidence.Target {
	return evidence.Target{Protocol: protocol, Network: a.Network(), Address: a.String()}
}

// httpAfterRequest reads a request head, then gives the connection to f.
func httpAfterRequest(f func(c net.Conn)) func(int, net.Conn) {
	return func(_ int, c net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			f(c)
		}
	}
}

func say(text string) func(net.Conn) {
	return func(c net.Conn) { _, _ = io.WriteString(c, text) }
}

// hang holds a connection until the probe gives it up.
func hang(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// rst ends a connection with a reset.
func rst(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }

func then(fs ...func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		for _, f := range fs {
			f(c)
		}
	}
}

// record is one FastCGI record of request 1, padded as php-fpm pads.
func record(kind byte, content string) string {
	h := []byte{1, kind, 0, 1, 0, 0, byte(-len(content) & 7), 0}
	binary.BigEndian.PutUint16(h[4:], uint16(len(content)))
	return string(h) + content + string(make([]byte, h[6]))
}

func end(status byte) string {
	return record(fcgiEnd, "\x00\x00\x00\x00"+string(rune(status))+"\x00\x00\x00")
}

// fcgiAfterRequest reads records up to the empty STDIN, then gives the connection to f
// with the parameters that were sent.
func fcgiAfterRequest(f func(c net.Conn, params map[string]string, flags byte)) func(int, net.Conn) {
	return func(_ int, c net.Conn) {
		for {
			params, flags, err := readRequest(c)
			if err != nil {
				return
			}
			f(c, params, flags)
			if flags == 0 {
				return
			}
		}
	}
}

func readRequest(c net.Conn) (params map[string]string, flags byte, err error) {
	var stream []byte
	for {
		var h [8]byte
		if _, err := io.ReadFull(c, h[:]); err != nil {
			return nil, 0, err
		}
		body := make([]byte, int(binary.BigEndian.Uint16(h[4:]))+int(h[6]))
		if _, err := io.ReadFull(c, body); err != nil {
			return nil, 0, err
		}
		body = body[:len(body)-int(h[6])]
		switch {
		case h[1] == 1:
			flags = body[2]
		case h[1] == 4:
			stream = append(stream, body...)
		case h[1] == fcgiStdin && len(body) == 0:
			return pairs(stream), flags, nil
		}
	}
}

func pairs(b []byte) map[string]string {
	out := map[string]string{}
	size := func() int {
		if b[0] < 128 {
			n := int(b[0])
			b = b[1:]
			return n
		}
		n := int(binary.BigEndian.Uint32(b) &^ (1 << 31))
		b = b[4:]
		return n
	}
	for len(b) > 0 {
		n, v := size(), size()
		out[string(b[:n])] = string(b[n : n+v])
		b = b[n+v:]
	}
	return out
}

// certificate is self-signed and expired: a probe must not mind.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"orders.test"}, NotAfter: time.Now().Add(-time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func socketPath(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "app.sock")
}

type want struct {
	phase, outcome string
	errno          int
}

func check(t *testing.T, got evidence.Probe, w want) {
	t.Helper()
	if got.Phase != w.phase || got.Outcome != w.outcome || got.Errno != w.errno {
		t.Errorf("got %q, %q, errno %d, want %+v; all: %+v", got.Phase, got.Outcome, got.Errno, w, got)
	}
}

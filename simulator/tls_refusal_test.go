package simulator_test

import (
	"encoding/binary"
	"io"
	"testing"

	"github.com/badgateway/badgateway/simulator"
)

// clientHello is one of TLS 1.3 with the given key share of X25519, as short as crypto/tls takes it.
func clientHello(share []byte) []byte {
	extension := func(kind uint16, data string) []byte {
		b := binary.BigEndian.AppendUint16(nil, kind)
		return append(binary.BigEndian.AppendUint16(b, uint16(len(data))), data...)
	}
	var list []byte
	list = append(list, extension(43, "\x02\x03\x04")...)                                // supported_versions: 1.3
	list = append(list, extension(10, "\x00\x02\x00\x1d")...)                            // supported_groups: X25519
	list = append(list, extension(13, "\x00\x04\x04\x03\x08\x04")...)                    // signature_algorithms: ECDSA P-256, RSA-PSS
	list = append(list, extension(51, "\x00\x24\x00\x1d\x00\x20"+string(share[:32]))...) // key_share
	body := append([]byte{3, 3}, make([]byte, 32)...)                                    // version, random
	body = append(body, 0, 0, 2, 0x13, 0x01, 1, 0)                                       // no session, TLS_AES_128_GCM_SHA256, no compression
	body = append(binary.BigEndian.AppendUint16(body, uint16(len(list))), list...)
	message := append([]byte{1, 0, byte(len(body) >> 8), byte(len(body))}, body...)
	return append([]byte{22, 3, 1, byte(len(message) >> 8), byte(len(message))}, message...)
}

// A peer that refuses the certificate by an alert in plaintext has refused it: the server has not.
func TestRefusalInPlaintext(t *testing.T) {
	srv := start(t, "tcp:127.0.0.1:0", "http", `endpoint: {tls: expired}`)
	c := dial(t, srv)
	share := make([]byte, 32)
	share[0] = 9 // the curve's base point: any valid one will do
	write(t, c, string(clientHello(share)))
	if _, err := io.ReadFull(c, make([]byte, 5)); err != nil { // the ServerHello has begun
		t.Fatal(err)
	}
	write(t, c, "\x15\x03\x03\x00\x02\x02\x2d")
	e := await(t, srv, simulator.KindHandshake, "")
	if e.TLS.Result != simulator.HandshakeRejected || e.TLS.Alert != 45 || e.TLS.AlertBy != simulator.ByPeer {
		t.Errorf("got %v", e)
	}
}

package simulator

import (
	"crypto/sha1"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

type upgrade struct {
	Protocol string `yaml:"protocol,omitempty"` // websocket when empty
	Header   Fields `yaml:"header,omitempty"`
}

// Upgrade answers 101 Switching Protocols. From here on the script reads and writes bytes, with ReadN, ReadUntil, Echo and Send, and the connection ends
// with it. The protocol "websocket" (also when empty) gets the right Sec-WebSocket-Accept for the request's key (RFC 6455, 4.2.2).
//
// nginx, where what follows stays away: "upstream timed out (110: Connection timed out) while proxying upgraded connection", at level info.
func Upgrade(protocol string, f ...Field) Step { return upgrade{protocol, f} }

var _ = registerStep("upgrade", "upgrade: websocket", "answers 101 Switching Protocols; what follows are bytes in both directions", optional[upgrade])

// DecodeStrict also takes the protocol alone.
func (u *upgrade) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		return d.Decode(node, &u.Protocol)
	}
	type plain upgrade
	return d.Decode(node, (*plain)(u))
}

func (u upgrade) compile(b *builder) error {
	if b.bare {
		return errNoRequests("upgrade")
	}
	if err := b.needHTTP1("upgrade"); err != nil {
		return err
	}
	if err := b.needExchange("upgrade"); err != nil {
		return err
	}
	protocol := u.Protocol
	if protocol == "" {
		protocol = "websocket"
	}
	b.statusLine(101, "")
	b.header("Connection", "Upgrade")
	b.header("Upgrade", protocol)
	if strings.EqualFold(protocol, "websocket") && !u.Header.has("Sec-WebSocket-Accept") {
		b.acceptHeader()
	}
	for _, f := range u.Header {
		b.header(f.Name, f.Value)
	}
	b.endHead()
	b.upgraded, b.closes = true, true
	return nil
}

// noKey is what a request without a key gets; a right server would answer 400.
const noKey = "no-Sec-WebSocket-Key-was-sent"

// acceptLength is that of a SHA-1 sum in base64.
const acceptLength = 28

// acceptShift and above mark the bytes of a segment that the answer to the request's key replaces.
const acceptShift = 64

// acceptHeader adds the header whose value depends on the request.
func (b *builder) acceptHeader() {
	const name = "Sec-WebSocket-Accept: "
	b.out.mark(markHeader, contentLayer)
	line := bytesSegment([]byte(name + noKey[:acceptLength] + "\r\n"))
	for i := range acceptLength {
		line.ids = append(line.ids, idByte{len(name) + i, acceptShift + uint8(i)})
	}
	b.content(line)
}

// websocketGUID is what RFC 6455, 1.3 appends to the key.
const websocketGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// websocketAccept answers a key.
func websocketAccept(keys [][]byte) string {
	if len(keys) == 0 {
		return ""
	}
	sum := sha1.Sum(append(slices.Clone(keys[0]), websocketGUID...))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// sent is the literal data for a connection: with its request's id, or with the answer to its request's key.
func (s segment) sent(c *conn) []byte {
	switch {
	case len(s.ids) == 0:
		return s.data
	case s.ids[0].shift < acceptShift:
		return s.withID(max(c.req.id, 1))
	case c.accept == "":
		return s.data
	}
	data := slices.Clone(s.data)
	for _, b := range s.ids {
		data[b.at] = c.accept[b.shift-acceptShift]
	}
	return data
}

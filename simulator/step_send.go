package simulator

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

type send string
type sendHex string
type fill strictyaml.Size

// Send sends bytes as they are. On a FastCGI socket they are no record.
func Send(text string) Step { return send(text) }

// SendHex sends bytes written in hexadecimal; blanks between them are allowed.
func SendHex(digits string) Step { return sendHex(digits) }

// Fill sends n bytes of filler as they are.
func Fill(n strictyaml.Size) Step { return fill(n) }

var _ = registerStep("send", `send: "HTTP/1.1 200 OK\r\n\r\n"`, "sends bytes as they are", argument[send])
var _ = registerStep("send_hex", "send_hex: 15 03 03 00 02 02 28", "sends bytes written in hexadecimal", argument[sendHex])
var _ = registerStep("fill", "fill: 64KiB", "sends filler bytes as they are", argument[fill])

func (s send) compile(b *builder) error {
	b.raw(bytesSegment([]byte(s)))
	return nil
}

func (s sendHex) compile(b *builder) error {
	data, err := hex.DecodeString(strings.Join(strings.Fields(string(s)), ""))
	if err != nil {
		return fmt.Errorf("send_hex: %w", err)
	}
	b.raw(bytesSegment(data))
	return nil
}

// DecodeStrict reads a size.
func (f *fill) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	return (*strictyaml.Size)(f).DecodeStrict(d, node)
}

func (f fill) compile(b *builder) error {
	b.raw(fillSegment(int64(f)))
	return nil
}

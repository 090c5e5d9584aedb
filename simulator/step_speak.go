package simulator

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

type speak string

// Speak sends the first words of another protocol, as they are: what a client meets that has the wrong port. Eager servers speak at accept (a
// connection rule, or protocol raw), lazy ones after they have read something.
//
// nginx with proxy_pass: "upstream sent no valid HTTP/1.0 header"; with fastcgi_pass: "upstream sent unsupported FastCGI protocol version: 72"; with
// grpc_pass: "upstream sent too large http2 frame: 4740180". The numbers are the first bytes of the words.
func Speak(protocol string) Step { return speak(protocol) }

var _ = registerStep("speak", "speak: ssh", "sends the first words of another protocol; nginx: upstream sent no valid HTTP/1.0 header", argument[speak])

// mysqlGreeting is a handshake packet of protocol 10 with a payload of 74 bytes, which begins with J.
const mysqlGreeting = "\x4a\x00\x00\x00\x0a8.0.36\x00\x08\x00\x00\x00abcdefgh\x00\xff\xff\xff\x02\x00\xff\xdf\x15" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00ijklmnopqrst\x00caching_sha2_password\x00"

var tongues = map[string]string{
	"ssh":         "SSH-2.0-OpenSSH_9.6\r\n",
	"smtp":        "220 mail.test ESMTP ready\r\n",
	"ftp":         "220 FTP server ready\r\n",
	"mysql":       mysqlGreeting,
	"redis_error": "-ERR unknown command 'GET', with args beginning with: '/' 'HTTP/1.1' \r\n",
	"redis_pong":  "+PONG\r\n",
	"html":        "<!DOCTYPE html>\n<html><body>It works!</body></html>\n",
	"json":        "{\"error\":\"not found\"}\n",
	"http":        "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
	"tls_alert":   "\x15\x03\x03\x00\x02\x02\x46", // fatal, protocol_version
	// SETTINGS of 18 bytes on stream 0: at most 128 streams, a window of 64 KiB, frames of 16 MiB - 1
	"http2_settings": "\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80\x00\x04\x00\x01\x00\x00\x00\x05\x00\xff\xff\xff",
	// END_REQUEST of request 1, complete
	"fastcgi": "\x01\x03\x00\x01\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
}

// Tongues lists what Speak knows, sorted.
func Tongues() []string { return slices.Sorted(maps.Keys(tongues)) }

// DecodeStrict reads the word.
func (s *speak) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	if err := d.Decode(node, (*string)(s)); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return d.Errorf(node, "%w", err)
	}
	return nil
}

func (s speak) check() error {
	if _, ok := tongues[string(s)]; !ok {
		return fmt.Errorf("unknown protocol %q (known: %s)", string(s), strings.Join(Tongues(), ", "))
	}
	return nil
}

func (s speak) compile(b *builder) error {
	if err := s.check(); err != nil {
		return fmt.Errorf("speak: %w", err)
	}
	b.raw(bytesSegment([]byte(tongues[string(s)])))
	return nil
}

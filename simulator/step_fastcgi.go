package simulator

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/badgateway/badgateway/simulator/fastcgi"
	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

// StreamOutput is what one step sends on a FastCGI stream.
type StreamOutput struct {
	Text    string          `yaml:"text,omitempty"`
	Fill    strictyaml.Size `yaml:"fill,omitempty"` // filler after Text
	Records Records         `yaml:"records,omitempty"`
	Last    bool            `yaml:"last,omitempty"` // the empty record that ends the stream follows
}

// RawRecord is a FastCGI record with any header; what is nil has its right value.
type RawRecord struct {
	Version *uint8      `yaml:"version,omitempty"`
	Type    *RecordType `yaml:"type,omitempty"` // stdout when nil
	ID      *uint16     `yaml:"id,omitempty"`
	Length  *uint16     `yaml:"length,omitempty"` // the declared one
	Padding uint8       `yaml:"padding,omitempty"`
	Text    string      `yaml:"text,omitempty"`
	Hex     string      `yaml:"hex,omitempty"` // after Text
}

// RecordType is a type of record (FastCGI specification, 8), in YAML its name in lower case or a number.
type RecordType fastcgi.Type

// DecodeStrict reads a name such as end_request, or a number.
func (t *RecordType) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	var names []string
	for known := fastcgi.BeginRequest; known <= fastcgi.UnknownType; known++ {
		if known.String() == node.Value {
			*t = RecordType(known)
			return nil
		}
		names = append(names, known.String())
	}
	if node.Kind == yaml.ScalarNode && node.ShortTag() == "!!int" {
		return d.Decode(node, (*uint8)(t))
	}
	return d.Errorf(node, "want a number or one of %s, got %s", strings.Join(names, ", "), strictyaml.Describe(node))
}

// EndingRequest is an END_REQUEST record.
type EndingRequest struct {
	App      uint32         `yaml:"app,omitempty"`      // the application's exit status
	Protocol ProtocolStatus `yaml:"protocol,omitempty"` // complete, cant_multiplex, overloaded, unknown_role, or a number
	Padding  *uint8         `yaml:"padding,omitempty"`
}

// ProtocolStatus is a protocol status of END_REQUEST by its word.
type ProtocolStatus fastcgi.Status

var protocolStatuses = map[string]fastcgi.Status{
	"complete": fastcgi.RequestComplete, "cant_multiplex": fastcgi.CantMultiplex,
	"overloaded": fastcgi.Overloaded, "unknown_role": fastcgi.UnknownRole,
}

// DecodeStrict reads a word or a number.
func (p *ProtocolStatus) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	if s, ok := protocolStatuses[node.Value]; ok {
		*p = ProtocolStatus(s)
		return nil
	}
	if node.Kind == yaml.ScalarNode && node.ShortTag() == "!!int" {
		return d.Decode(node, (*uint8)(p))
	}
	return d.Errorf(node, "want complete, cant_multiplex, overloaded, unknown_role or a number, got %s", strictyaml.Describe(node))
}

type stdout StreamOutput
type stderr StreamOutput
type record RawRecord
type endRequest EndingRequest

// Stdout sends STDOUT records. The text is the response, beginning with its CGI header.
func Stdout(o StreamOutput) Step { return stdout(o) }

// Stderr sends STDERR records, which nginx writes to its error log.
func Stderr(o StreamOutput) Step { return stderr(o) }

// Record sends a record with any header.
//
// nginx: "unsupported FastCGI protocol version", "invalid record type", "unexpected request id".
func Record(r RawRecord) Step { return record(r) }

// EndRequest sends END_REQUEST.
//
// nginx, when nothing was sent on stdout before: "unexpected FastCGI record: 3".
func EndRequest(e EndingRequest) Step { return endRequest(e) }

var _ = registerStep("stdout", `stdout: {text: "Status: 200 OK\r\n\r\nhi", records: {size: 10, padding: 0}, last: true}`, "sends FastCGI STDOUT records", argument[stdout])
var _ = registerStep("stderr", `stderr: "PHP Fatal error"`, "sends FastCGI STDERR records, which nginx logs", argument[stderr])
var _ = registerStep("record", "record: {version: 9, type: stdout, id: 7, length: 3, padding: 5, text: abc}", "sends a FastCGI record with any header", argument[record])
var _ = registerStep("end_request", "end_request: {app: 1, protocol: overloaded}", "sends FastCGI END_REQUEST", optional[endRequest])

// DecodeStrict also takes the text alone.
func (o *StreamOutput) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		return d.Decode(node, &o.Text)
	}
	type plain StreamOutput
	return d.Decode(node, (*plain)(o))
}

func (s *stdout) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	return (*StreamOutput)(s).DecodeStrict(d, node)
}

func (s *stderr) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	return (*StreamOutput)(s).DecodeStrict(d, node)
}

func (s stdout) compile(b *builder) error {
	if err := b.needFastCGI("stdout"); err != nil {
		return err
	}
	b.text(s.Text)
	b.content(fillSegment(int64(s.Fill)))
	b.settle(fastcgi.Stdout, s.Records)
	if s.Last {
		b.closeStream(fastcgi.Stdout)
	}
	return nil
}

func (s stderr) compile(b *builder) error {
	if err := b.needFastCGI("stderr"); err != nil {
		return err
	}
	rest := []segment{bytesSegment([]byte(s.Text)), fillSegment(int64(s.Fill))}
	b.records(fastcgi.Stderr, rest, s.Records, func(placed) {})
	if s.Last {
		b.closeStream(fastcgi.Stderr)
	}
	return nil
}

func (s record) compile(b *builder) error {
	if err := b.needFastCGI("record"); err != nil {
		return err
	}
	tail, err := hex.DecodeString(strings.Join(strings.Fields(s.Hex), ""))
	if err != nil {
		return fmt.Errorf("record: hex: %w", err)
	}
	content := append([]byte(s.Text), tail...)
	if len(content) > fastcgi.MaxContent {
		return fmt.Errorf("record: %d bytes of content are above the limit of %d", len(content), fastcgi.MaxContent)
	}
	h := fastcgi.Header{
		Version: or(s.Version, fastcgi.Version), Type: fastcgi.Type(or(s.Type, RecordType(fastcgi.Stdout))),
		ID: or(s.ID, 1), Length: or(s.Length, uint16(len(content))), Padding: s.Padding,
	}
	ids := requestIDs
	if s.ID != nil {
		ids = nil
	}
	b.rawRecord(h, ids, []segment{bytesSegment(content)})
	return nil
}

func or[T any](p *T, otherwise T) T {
	if p != nil {
		return *p
	}
	return otherwise
}

func (s endRequest) compile(b *builder) error {
	if err := b.needFastCGI("end_request"); err != nil {
		return err
	}
	b.endRequest(fastcgi.End{App: s.App, Protocol: fastcgi.Status(s.Protocol)}, Records{Padding: s.Padding})
	return nil
}

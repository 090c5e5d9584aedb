package simulator

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
	"golang.org/x/net/http2"
)

// ErrorCode is an HTTP/2 error code (RFC 9113, 7), in YAML its name or a number.
type ErrorCode uint32

// DecodeStrict reads a name such as INTERNAL_ERROR, or a number.
func (c *ErrorCode) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	var names []string
	for code := http2.ErrCodeNo; code <= http2.ErrCodeHTTP11Required; code++ {
		if code.String() == node.Value {
			*c = ErrorCode(code)
			return nil
		}
		names = append(names, code.String())
	}
	if node.Kind == yaml.ScalarNode && node.ShortTag() == "!!int" {
		return d.Decode(node, (*uint32)(c))
	}
	return d.Errorf(node, "want a number or one of %s, got %s", strings.Join(names, ", "), strictyaml.Describe(node))
}

// GoingAway is a GOAWAY frame (RFC 9113, 6.8).
type GoingAway struct {
	Code       ErrorCode `yaml:"code,omitempty"`
	LastStream *uint32   `yaml:"last_stream,omitempty"` // the exchange's own when nil
	Debug      string    `yaml:"debug,omitempty"`
}

// RawFrame is an HTTP/2 frame with any header; what is nil has its right value.
type RawFrame struct {
	Type   FrameType `yaml:"type" strict:"required"`
	Flags  uint8     `yaml:"flags,omitempty"`
	Stream *uint32   `yaml:"stream,omitempty"` // the exchange's own when nil
	Length *uint32   `yaml:"length,omitempty"` // the declared one
	Text   string    `yaml:"text,omitempty"`
	Hex    string    `yaml:"hex,omitempty"` // after Text
}

// FrameType is a type of frame, in YAML its name in lower case or a number.
type FrameType uint8

var frameTypes = []string{"data", "headers", "priority", "rst_stream", "settings", "push_promise", "ping", "goaway", "window_update", "continuation"}

// DecodeStrict reads a name or a number.
func (t *FrameType) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	if i := slices.Index(frameTypes, node.Value); i >= 0 {
		*t = FrameType(i)
		return nil
	}
	if node.Kind == yaml.ScalarNode && node.ShortTag() == "!!int" {
		return d.Decode(node, (*uint8)(t))
	}
	return d.Errorf(node, "want a number or one of %s, got %s", strings.Join(frameTypes, ", "), strictyaml.Describe(node))
}

type goAway GoingAway
type rstStream ErrorCode
type frame RawFrame
type trailer Fields

// GoAway announces the connection's end; the script goes on. With an error, or a last stream below the exchange's own, the request is not processed.
//
// nginx: "upstream sent goaway with error 2 while reading response header from upstream".
func GoAway(g GoingAway) Step { return goAway(g) }

// RSTStream resets the exchange's stream; the connection lives on.
//
// nginx: "upstream rejected request with error 2 while reading response header from upstream".
func RSTStream(code ErrorCode) Step { return rstStream(code) }

// Frame sends a frame with any header.
//
// nginx: "upstream sent unexpected http2 frame", "upstream sent frame for unknown stream", "upstream sent too large http2 frame".
func Frame(f RawFrame) Step { return frame(f) }

// Trailer ends the exchange's stream with a block of fields.
func Trailer(f ...Field) Step { return trailer(f) }

var _ = registerStep("goaway", "goaway: {code: INTERNAL_ERROR, last_stream: 0}", "sends HTTP/2 GOAWAY; nginx: upstream sent goaway with error", optional[goAway])
var _ = registerStep("rst_stream", "rst_stream: INTERNAL_ERROR", "resets the HTTP/2 stream; nginx: upstream rejected request with error", func(d *strictyaml.Decoder, arg *yaml.Node) (Step, error) {
	code, err := decodeArgument[ErrorCode](d, arg)
	return rstStream(code), err
})
var _ = registerStep("frame", "frame: {type: headers, flags: 4, stream: 7, length: 99, hex: \"88\"}", "sends an HTTP/2 frame with any header; nginx: upstream sent unexpected http2 frame", argument[frame])
var _ = registerStep("trailer", "trailer: {grpc-status: 0}", "ends the HTTP/2 stream with trailers", func(d *strictyaml.Decoder, arg *yaml.Node) (Step, error) {
	f, err := decodeArgument[Fields](d, arg)
	return trailer(f), err
})

func (g goAway) compile(b *builder) error {
	if err := b.needHTTP2("goaway"); err != nil {
		return err
	}
	b.flushHead()
	var payload segment
	if g.LastStream == nil && !b.connScope {
		payload.ids = []idByte{{0, 24}, {1, 16}, {2, 8}, {3, 0}}
	}
	data := binary.BigEndian.AppendUint32(nil, or(g.LastStream, uint32(1-b2i(b.connScope))))
	data = append(binary.BigEndian.AppendUint32(data, uint32(g.Code)), g.Debug...)
	payload.data, payload.size = data, int64(len(data))
	b.rawFrame(frameHeader{Length: uint32(len(data)), Type: http2.FrameGoAway}, nil, []segment{payload})
	return nil
}

func (code rstStream) compile(b *builder) error {
	if err := cmp.Or(b.needHTTP2("rst_stream"), b.needExchange("rst_stream")); err != nil {
		return err
	}
	b.flushHead()
	b.frame(http2.FrameRSTStream, 0, []segment{bytesSegment(binary.BigEndian.AppendUint32(nil, uint32(code)))})
	b.h2.ended, b.headOpen = true, false
	return nil
}

func (f frame) compile(b *builder) error {
	if err := b.needHTTP2("frame"); err != nil {
		return err
	}
	tail, err := hex.DecodeString(strings.Join(strings.Fields(f.Hex), ""))
	if err != nil {
		return fmt.Errorf("frame: hex: %w", err)
	}
	b.flushHead()
	content := append([]byte(f.Text), tail...)
	h := frameHeader{Length: or(f.Length, uint32(len(content))), Type: http2.FrameType(f.Type), Flags: http2.Flags(f.Flags), Stream: 1}
	if h.Length >= 1<<24 {
		return fmt.Errorf("frame: length %d does not fit into 24 bits", h.Length)
	}
	ids := streamIDs
	if f.Stream != nil || b.connScope {
		h.Stream, ids = or(f.Stream, 0), nil
	}
	b.rawFrame(h, ids, []segment{bytesSegment(content)})
	b.h2.ended = b.h2.ended || h.Type <= http2.FrameHeaders && h.Flags.Has(http2.FlagDataEndStream)
	return nil
}

func (t trailer) compile(b *builder) error {
	if err := cmp.Or(b.needHTTP2("trailer"), b.needExchange("trailer")); err != nil {
		return err
	}
	b.closeHead()
	b.trailers(Fields(t))
	return nil
}

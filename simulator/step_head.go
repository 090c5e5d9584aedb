package simulator

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/badgateway/badgateway/simulator/fastcgi"
	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

type status int
type header Fields
type headerOf Sizes
type body string
type chunk string
type lastChunk struct{}
type informational struct {
	Status int    `yaml:"status" strict:"required"`
	Header Fields `yaml:"header,omitempty"`
}

// Status begins a response by hand; Headers and BodyText go on with it.
func Status(code int) Step { return status(code) }

// Headers sends header lines.
func Headers(f ...Field) Step { return header(f) }

// HeaderOf sends a header line whose value has the given size.
func HeaderOf(name string, size strictyaml.Size) Step { return headerOf{{name, size}} }

// BodyText ends the head, if one is open, and sends body bytes. How the body ends was up to the headers.
func BodyText(text string) Step { return body(text) }

// Chunk ends the head, if one is open, and sends one right chunk.
func Chunk(data string) Step { return chunk(data) }

// LastChunk sends the empty chunk that ends a chunked body.
func LastChunk() Step { return lastChunk{} }

// Informational sends a 1xx answer (RFC 9110, 15.2) before the real one.
func Informational(code int, f ...Field) Step { return informational{code, f} }

var _ = registerStep("status", "status: 200", "begins a response by hand", argument[status])
var _ = registerStep("header", "header: {X-A: b}", "sends header lines", func(d *strictyaml.Decoder, arg *yaml.Node) (Step, error) {
	f, err := decodeArgument[Fields](d, arg)
	return header(f), err
})
var _ = registerStep("header_of", "header_of: {X-Big: 16KiB}", "sends header lines by the size of their value", func(d *strictyaml.Decoder, arg *yaml.Node) (Step, error) {
	s, err := decodeArgument[Sizes](d, arg)
	return headerOf(s), err
})
var _ = registerStep("body", "body: hello", "ends the head and sends body bytes", argument[body])
var _ = registerStep("chunk", "chunk: hello", "ends the head and sends one right chunk", argument[chunk])
var _ = registerStep("last_chunk", "last_chunk", "sends the empty chunk that ends a chunked body", word(lastChunk{}))
var _ = registerStep("informational", "informational: {status: 103, header: {Link: </a.css>}}", "sends a 1xx answer before the real one", argument[informational])

func (s status) compile(b *builder) error {
	if err := checkStatus(int(s), 1); err != nil {
		return err
	}
	b.statusLine(int(s), "")
	b.byHand()
	return nil
}

func (h header) compile(b *builder) error {
	for _, f := range h {
		b.header(f.Name, f.Value)
	}
	b.framed = b.framed || Fields(h).has("Content-Length") || Fields(h).has("Transfer-Encoding")
	b.byHand()
	return nil
}

func (h headerOf) compile(b *builder) error {
	for _, f := range h {
		b.header(f.Name, string(fillValue(int64(f.Size))))
	}
	b.byHand()
	return nil
}

// byHand puts what one step sends into a record of its own. A response whose
// end no header announces ends with the connection.
func (b *builder) byHand() {
	if b.http2 {
		if !b.headOpen {
			b.settleData(maxFrame, false)
		}
		return
	}
	if b.fastcgi {
		b.settle(fastcgi.Stdout, Records{})
		return
	}
	b.closes = !b.framed
}

func (b *builder) closeHead() {
	if b.headOpen {
		b.endHead()
	}
}

func (t body) compile(b *builder) error {
	b.closeHead()
	b.chunk([]segment{bytesSegment([]byte(t))}, false)
	b.byHand()
	return nil
}

func (t chunk) compile(b *builder) error {
	if err := b.needHTTP1("chunk"); err != nil {
		return err
	}
	b.closeHead()
	b.chunk([]segment{bytesSegment([]byte(t))}, true)
	return nil
}

func (lastChunk) compile(b *builder) error {
	if err := b.needHTTP1("last_chunk"); err != nil {
		return err
	}
	b.closeHead()
	b.lastChunk()
	return nil
}

func (i informational) compile(b *builder) error {
	if b.fastcgi {
		return errors.New("informational: not possible in FastCGI")
	}
	if i.Status < 100 || i.Status > 199 {
		return fmt.Errorf("informational: %d is not between 100 and 199", i.Status)
	}
	if b.http2 {
		return i.frames(b)
	}
	text := fmt.Sprintf("HTTP/1.1 %d %s\r\n", i.Status, http.StatusText(i.Status))
	for _, f := range i.Header {
		text += f.Name + ": " + f.Value + "\r\n"
	}
	b.text(text + "\r\n")
	return nil
}

// frames sends the answer as a HEADERS frame of its own (RFC 9113, 8.1).
func (i informational) frames(b *builder) error {
	b.flushHead()
	before := b.h2
	b.field(":status", strconv.Itoa(i.Status))
	for _, f := range i.Header {
		b.field(lower(f.Name), f.Value)
	}
	b.settleHead(true, false)
	b.h2 = before
	return nil
}

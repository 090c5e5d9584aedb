package simulator

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/badgateway/badgateway/simulator/fastcgi"
	"github.com/badgateway/badgateway/simulator/strictyaml"
	"go.yaml.in/yaml/v3"
)

// Response is a whole response. Its header lines are sent in this order:
// Header, HeaderOf, then what is generated. Marks count them in this order, from 0.
type Response struct {
	Status   int             `yaml:"status,omitempty"` // 200 when 0
	Reason   string          `yaml:"reason,omitempty"` // the usual one when empty
	Header   Fields          `yaml:"header,omitempty"`
	HeaderOf Sizes           `yaml:"header_of,omitempty"` // header lines by the size of their value
	Body     string          `yaml:"body,omitempty"`
	Fill     strictyaml.Size `yaml:"fill,omitempty"`    // so many bytes of filler after Body
	Chunked  strictyaml.Size `yaml:"chunked,omitempty"` // HTTP: chunks of at most this size instead of a Content-Length
	Length   *ContentLength  `yaml:"length,omitempty"`  // what Content-Length says; the body's length when nil
	Records  Records         `yaml:"records,omitempty"` // FastCGI; in HTTP/2 its size is that of DATA frames
	Trailer  Fields          `yaml:"trailer,omitempty"` // HTTP/2
}

// ContentLength is a declared length of a body, which may be a lie.
type ContentLength struct {
	None  bool // no Content-Length: the end of the connection ends the body
	Bytes int64
}

// DecodeStrict reads a size or the word none.
func (l *ContentLength) DecodeStrict(d *strictyaml.Decoder, node *yaml.Node) error {
	if node.Value == "none" {
		l.None = true
		return nil
	}
	var size strictyaml.Size
	err := d.Decode(node, &size)
	l.Bytes = int64(size)
	return err
}

type respond Response

// Respond sends a whole response. Unless the script says itself what is read,
// the request's body is read first, as most applications do.
func Respond(r Response) Step { return respond(r) }

// Serve answers 200 with a small body and keeps the connection when the peer wants that.
func Serve() Step { return respond{Body: "ok\n"} }

var _ = registerStep("respond", "respond: {status: 200, header: {X-A: b}, header_of: {X-Big: 16KiB}, body: hello, fill: 1MiB}",
	"sends a whole response, after the request's body was read", optional[respond])
var _ = registerStep("serve", "serve", "the good answer: 200 with a small body, keep-alive honored", word(Serve()))

func (r respond) compile(b *builder) error {
	if err := checkStatus(r.Status, 0); err != nil {
		return err
	}
	if !b.readsAlone && !b.connScope && !b.bodyRead {
		b.actions = append(b.actions, action{run: (*conn).readBody, body: true})
		b.bodyRead = true
	}
	if (b.fastcgi || b.http2) && r.Chunked > 0 {
		return fmt.Errorf("chunked: FastCGI has records instead, HTTP/2 frames")
	}
	if b.http2 {
		return r.frames(b)
	}
	if len(r.Trailer) > 0 {
		return b.needHTTP2("trailer")
	}
	b.statusLine(r.Status, r.Reason)
	r.headers(b)
	b.endHead()
	if !b.headOnly {
		b.payload([]segment{bytesSegment([]byte(r.Body)), fillSegment(int64(r.Fill))}, int64(r.Chunked))
		if r.Chunked > 0 {
			b.lastChunk()
		}
	}
	if b.fastcgi {
		b.settle(fastcgi.Stdout, r.Records)
		b.closeStream(fastcgi.Stdout)
		b.endRequest(fastcgi.End{}, Records{})
	}
	return nil
}

// checkStatus refuses what no status line can say; send writes those that are wanted wrong.
func checkStatus(code, least int) error {
	if code < least || code > 999 {
		return fmt.Errorf("status: %d is not between %d and 999", code, least)
	}
	return nil
}

func (r respond) headers(b *builder) {
	for _, f := range r.Header {
		b.header(f.Name, f.Value)
	}
	for _, f := range r.HeaderOf {
		b.header(f.Name, string(fillValue(int64(f.Size))))
	}
	if !r.Header.has("Content-Type") && (r.Body != "" || r.Fill > 0) {
		b.header("Content-Type", "text/plain")
	}
	r.framing(b)
	if b.http2 {
		return
	}
	if b.fastcgi || r.Header.has("Connection") {
		b.closes = b.closes || strings.EqualFold(r.Header.get("Connection"), "close")
		return
	}
	switch {
	case b.connection == sayClose || b.closes:
		b.header("Connection", "close")
	case b.connection == sayKeep:
		b.header("Connection", "keep-alive")
	}
}

// framing announces how the body ends (RFC 9112, 6.3).
func (r respond) framing(b *builder) {
	switch {
	case r.Header.has("Content-Length") || r.Header.has("Transfer-Encoding") || bodyless(r.Status):
	case r.Chunked > 0:
		b.header("Transfer-Encoding", "chunked")
	case r.Length == nil:
		b.header("Content-Length", strconv.FormatInt(int64(len(r.Body))+int64(r.Fill), 10))
	case !r.Length.None:
		b.header("Content-Length", strconv.FormatInt(r.Length.Bytes, 10))
	default:
		b.closes = b.closes || !b.fastcgi && !b.http2
	}
}

// bodyless statuses end with their head (RFC 9112, 6.3).
func bodyless(status int) bool { return status == 204 || status == 304 }

// statusLine begins a response: FastCGI has a Status field in its place (RFC 3875, 6.3.3).
func (b *builder) statusLine(status int, reason string) {
	if status == 0 {
		status = http.StatusOK
	}
	if reason == "" {
		reason = http.StatusText(status)
	}
	b.out.mark(markStatusLine, contentLayer)
	b.headOpen = true
	if b.http2 {
		b.field(":status", strconv.Itoa(status))
		return
	}
	if b.fastcgi {
		b.text(fmt.Sprintf("Status: %d %s\r\n", status, reason))
		return
	}
	b.text(fmt.Sprintf("HTTP/1.1 %d %s\r\n", status, reason))
}

func (b *builder) header(name, value string) {
	b.out.mark(markHeader, contentLayer)
	b.headOpen = true
	if b.http2 {
		b.field(lower(name), value)
		return
	}
	b.text(name + ": " + value + "\r\n")
}

// endHead sends the blank line.
func (b *builder) endHead() {
	if b.http2 {
		b.endHeadFrames(false)
		return
	}
	b.headOpen = false
	b.text("\r\n")
	b.out.mark(markHeadEnd, contentLayer)
	b.out.mark(markBody, bodyLayer)
}

// payload sends body bytes, in chunks when chunk is above 0.
func (b *builder) payload(list []segment, chunk int64) {
	if chunk > 0 {
		b.budget.expect(sizeOf(list) / chunk)
	}
	for len(list) > 0 && !b.budget.over() {
		part := list
		if chunk > 0 {
			part, list = take(list, chunk)
		} else {
			list = nil
		}
		b.chunk(part, chunk > 0)
	}
}

func (b *builder) chunk(part []segment, framed bool) {
	size := sizeOf(part)
	if size == 0 {
		return
	}
	if framed {
		b.out.mark(markChunkSize, contentLayer)
		b.text(strconv.FormatInt(size, 16) + "\r\n")
		b.out.mark(markChunkData, contentLayer)
	}
	for _, s := range part {
		b.out.extend(bodyLayer, b.out.size[contentLayer], s.size)
		b.content(s)
	}
	if framed {
		b.text("\r\n")
	}
}

func (b *builder) lastChunk() {
	b.out.mark(markLastChunk, contentLayer)
	b.text("0\r\n\r\n")
}

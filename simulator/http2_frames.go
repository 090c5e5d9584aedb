package simulator

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// maxFrame is the longest frame that every peer takes: SETTINGS_MAX_FRAME_SIZE begins with it (RFC 9113, 6.5.2).
const maxFrame = 16 << 10

// frameHeaderLen is the length of a frame's header (RFC 9113, 4.1).
const frameHeaderLen = 9

// frameHeader is a frame's header, which may be a lie.
type frameHeader struct {
	Length uint32
	Type   http2.FrameType
	Flags  http2.Flags
	Stream uint32
}

func (h frameHeader) append(dst []byte) []byte {
	dst = append(dst, byte(h.Length>>16), byte(h.Length>>8), byte(h.Length), byte(h.Type), byte(h.Flags))
	return binary.BigEndian.AppendUint32(dst, h.Stream)
}

// h2Response is what a script has sent of its response in HTTP/2.
type h2Response struct {
	begun bool // frames of a response
	block bool // a header block without its END_HEADERS
	ended bool // END_STREAM, or RST_STREAM
}

// streamIDs marks the bytes of a frame header for the exchange's own stream.
var streamIDs = []idByte{{5, 24}, {6, 16}, {7, 8}, {8, 0}}

// frame adds one right frame of the exchange's stream.
func (b *builder) frame(t http2.FrameType, flags http2.Flags, content []segment) placed {
	h := frameHeader{Length: uint32(sizeOf(content)), Type: t, Flags: flags, Stream: 1}
	return b.rawFrame(h, streamIDs, content)
}

// rawFrame adds a frame with any header.
func (b *builder) rawFrame(h frameHeader, ids []idByte, content []segment) placed {
	b.out.mark(markFrameHeader, rawLayer)
	head := bytesSegment(h.append(nil))
	head.ids = ids
	b.raw(head)
	b.out.mark(markFrameBody, rawLayer)
	p := placed{body: b.out.size[rawLayer], length: sizeOf(content)}
	for _, s := range content {
		b.raw(s)
	}
	return p
}

// field adds a field to the header block. Compiled blocks go to any connection
// in any order, so none may lean on the dynamic table: fields are never indexed (RFC 7541, 6.2.3).
func (b *builder) field(name, value string) {
	var block bytes.Buffer
	_ = hpack.NewEncoder(&block).WriteField(hpack.HeaderField{Name: name, Value: value, Sensitive: true}) // a Buffer takes all
	b.content(bytesSegment(block.Bytes()))
}

// flushHead sends the fields gathered so far as a header block that goes on:
// what a script does between two header lines is done between two frames.
func (b *builder) flushHead() {
	if b.http2 && len(b.pending) > 0 {
		b.settleHead(false, false)
	}
}

// settleHead puts pending fields into HEADERS and CONTINUATION (RFC 9113, 6.2 and 6.10).
func (b *builder) settleHead(last, endStream bool) {
	b.settleAs(func(rest []segment, each func(placed)) {
		for more := true; more; more = sizeOf(rest) > 0 {
			var part []segment
			part, rest = take(rest, maxFrame)
			t, flags := http2.FrameHeaders, http2.Flags(0)
			if b.h2.block {
				t = http2.FrameContinuation
			} else if endStream {
				flags = http2.FlagHeadersEndStream
			}
			if last && sizeOf(rest) == 0 {
				flags |= http2.FlagHeadersEndHeaders
			}
			each(b.frame(t, flags, part))
			b.h2.block = true
		}
	})
	b.h2 = h2Response{begun: true, block: !last, ended: b.h2.ended || endStream}
}

// settleData puts pending body bytes into DATA frames of at most size bytes, each within the peer's window.
func (b *builder) settleData(size int64, endStream bool) {
	if size <= 0 || size > maxFrame {
		size = maxFrame
	}
	b.settleAs(func(rest []segment, each func(placed)) {
		b.budget.expect(sizeOf(rest) / size)
		for sizeOf(rest) > 0 && !b.budget.over() {
			var part []segment
			part, rest = take(rest, size)
			var flags http2.Flags
			if endStream && sizeOf(rest) == 0 {
				flags = http2.FlagDataEndStream
				b.h2.ended = true
			}
			length := sizeOf(part)
			b.do("", func(c *conn) error { return c.acquire(length) })
			each(b.frame(http2.FrameData, flags, part))
		}
	})
}

// trailers sends the block of fields that ends a stream (RFC 9113, 8.1).
func (b *builder) trailers(f Fields) {
	for _, t := range f {
		b.out.mark(markHeader, contentLayer)
		b.field(lower(t.Name), t.Value)
	}
	b.settleHead(true, true)
}

// endStream ends a response that was begun and has no end yet, as a script of HTTP/1 ends one by its connection's end.
func (b *builder) endStream() {
	if !b.http2 || !(b.h2.begun || b.headOpen) || b.h2.ended || b.ended != "" {
		return
	}
	b.closeHead()
	b.frame(http2.FrameData, http2.FlagDataEndStream, nil)
	b.h2.ended = true
}

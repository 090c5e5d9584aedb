// Package uwsgi encodes and decodes packets of the uwsgi protocol, as written
// down in the manual of the uWSGI application server ("The uwsgi Protocol") and
// as nginx sends them (ngx_http_uwsgi_module.c, ngx_http_uwsgi_create_request).
//
// A request is one packet of variables, followed by the body of CONTENT_LENGTH
// bytes without any framing. The answer is no packet: it is an HTTP/1 response
// that ends with the connection.
package uwsgi

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// HeaderLen is the length of a packet's header.
const HeaderLen = 4

// MaxBlock is the most that the 16 bits of Size can say.
const MaxBlock = 1<<16 - 1

// BufferSize is what uWSGI accepts of a block unless its option buffer-size says
// more. A longer one it does not read at all: it logs "invalid request block
// size: 21573 (max 4096)...skip" and closes (proto/uwsgi.c, uwsgi_proto_uwsgi_parser).
const BufferSize = 4096

// WSGI is the modifier1 of a request with a block of variables, the only one nginx sends unless uwsgi_modifier1 says otherwise.
const WSGI = 0

// Header is a packet's header. What arrives over HTTP reads as one, too: "GET "
// is modifier1 71, a block of 21573 bytes, modifier2 32.
type Header struct {
	Modifier1 uint8
	Size      uint16 // of the block of variables, least significant byte first
	Modifier2 uint8
}

// ParseHeader decodes the first HeaderLen bytes of b, which must be there.
func ParseHeader(b []byte) Header {
	return Header{b[0], binary.LittleEndian.Uint16(b[1:]), b[3]}
}

// Append encodes the header.
func (h Header) Append(dst []byte) []byte {
	dst = append(dst, h.Modifier1)
	dst = binary.LittleEndian.AppendUint16(dst, h.Size)
	return append(dst, h.Modifier2)
}

// ErrVars is returned for a block of variables that ends in the middle of one.
var ErrVars = errors.New("block of variables is torn")

// ErrTooLong is returned for what 16 bits of length cannot say.
var ErrTooLong = errors.New("longer than 65535 bytes")

// AppendVar encodes one variable; ErrTooLong when its name or value is above MaxBlock.
func AppendVar(dst []byte, name, value string) ([]byte, error) {
	if len(name) > MaxBlock || len(value) > MaxBlock {
		return dst, fmt.Errorf("variable %.40q: %w", name, ErrTooLong)
	}
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(name)))
	dst = append(dst, name...)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(value)))
	return append(dst, value...), nil
}

// NextVar takes one variable off b. The returned slices point into b.
func NextVar(b []byte) (name, value, rest []byte, err error) {
	name, rest, ok := takeString(b)
	if !ok {
		return nil, nil, nil, ErrVars
	}
	value, rest, ok = takeString(rest)
	if !ok {
		return nil, nil, nil, ErrVars
	}
	return name, value, rest, nil
}

func takeString(b []byte) (s, rest []byte, ok bool) {
	if len(b) < 2 {
		return nil, nil, false
	}
	n := int(binary.LittleEndian.Uint16(b))
	if b = b[2:]; n > len(b) {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}

// AppendPacket encodes a request's packet from pairs of name and value;
// ErrTooLong when the block does not fit.
func AppendPacket(dst []byte, vars ...[2]string) ([]byte, error) {
	var block []byte
	var err error
	for _, v := range vars {
		if block, err = AppendVar(block, v[0], v[1]); err != nil {
			return dst, err
		}
	}
	if len(block) > MaxBlock {
		return dst, fmt.Errorf("block of variables: %w", ErrTooLong)
	}
	dst = Header{Modifier1: WSGI, Size: uint16(len(block))}.Append(dst)
	return append(dst, block...), nil
}

// ReadPacket reads one packet; io.EOF when there is none, io.ErrUnexpectedEOF when it is torn.
func ReadPacket(r io.Reader) (Header, []byte, error) {
	var head [HeaderLen]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return Header{}, nil, err
	}
	h := ParseHeader(head[:])
	block := make([]byte, h.Size)
	if _, err := io.ReadFull(r, block); err != nil {
		return h, nil, io.ErrUnexpectedEOF
	}
	return h, block, nil
}

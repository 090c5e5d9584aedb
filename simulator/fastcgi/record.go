// Package fastcgi encodes and decodes FastCGI records, right ones and, since the
// fields of Header are free, wrong ones too. It follows the FastCGI
// Specification 1.0; sections are named where a rule comes from.
package fastcgi

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Sizes and limits of a record (section 3.3).
const (
	Version    = 1
	HeaderLen  = 8
	MaxContent = 65535
	MaxPadding = 255
)

// Type is the type of a record (section 8).
type Type uint8

// The types of records.
const (
	BeginRequest    Type = 1
	AbortRequest    Type = 2
	EndRequest      Type = 3
	Params          Type = 4
	Stdin           Type = 5
	Stdout          Type = 6
	Stderr          Type = 7
	Data            Type = 8
	GetValues       Type = 9
	GetValuesResult Type = 10
	UnknownType     Type = 11
)

// Header is the fixed part of a record.
type Header struct {
	Version uint8
	Type    Type
	ID      uint16 // 0 for management records
	Length  uint16 // of the content
	Padding uint8
}

// ParseHeader decodes the first HeaderLen bytes of b, which must be there. It
// judges nothing: a header of another version is returned as it is.
func ParseHeader(b []byte) Header {
	return Header{
		Version: b[0],
		Type:    Type(b[1]),
		ID:      binary.BigEndian.Uint16(b[2:]),
		Length:  binary.BigEndian.Uint16(b[4:]),
		Padding: b[6],
	}
}

// Append encodes the header.
func (h Header) Append(dst []byte) []byte {
	dst = append(dst, h.Version, byte(h.Type))
	dst = binary.BigEndian.AppendUint16(dst, h.ID)
	dst = binary.BigEndian.AppendUint16(dst, h.Length)
	return append(dst, h.Padding, 0)
}

// AppendRecord encodes one whole record. Content longer than MaxContent panics:
// it cannot be one record.
func AppendRecord(dst []byte, t Type, id uint16, content []byte, padding uint8) []byte {
	if len(content) > MaxContent {
		panic("fastcgi: content of a record is too long")
	}
	h := Header{Version: Version, Type: t, ID: id, Length: uint16(len(content)), Padding: padding}
	dst = append(h.Append(dst), content...)
	return append(dst, make([]byte, padding)...)
}

// AlignedPadding is the padding that makes a record a multiple of eight bytes (section 3.3 recommends it).
func AlignedPadding(length int) uint8 { return uint8(-length & 7) }

// Record is one decoded record without its padding.
type Record struct {
	Header
	Content []byte
}

// ReadRecord reads one record strictly: another version or an end inside the
// record is an error. io.EOF is returned only between records.
func ReadRecord(r io.Reader) (Record, error) {
	var head [HeaderLen]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		if err == io.ErrUnexpectedEOF {
			err = fmt.Errorf("read record header: %w", err)
		}
		return Record{}, err
	}
	rec := Record{Header: ParseHeader(head[:])}
	if rec.Version != Version {
		return rec, fmt.Errorf("read record header: version %d, want %d", rec.Version, Version)
	}
	buf := make([]byte, int(rec.Length)+int(rec.Padding))
	if n, err := io.ReadFull(r, buf); err != nil {
		return rec, fmt.Errorf("read record body: %d of %d bytes: %w", n, len(buf), io.ErrUnexpectedEOF)
	}
	rec.Content = buf[:rec.Length]
	return rec, nil
}

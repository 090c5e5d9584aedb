package input

import (
	"bufio"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// utf16Reader makes UTF-8 of UTF-16 (RFC 2781) with its byte order mark, which it leaves out.
type utf16Reader struct {
	r    *bufio.Reader
	big  bool
	high rune // a high surrogate that waits for its other half
	rest []byte
}

func (u *utf16Reader) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(u.rest) > 0 {
			c := copy(p[n:], u.rest)
			u.rest, n = u.rest[c:], n+c
			continue
		}
		c, err := u.unit()
		if err != nil {
			return n, err
		}
		u.take(rune(c))
		if n > 0 && u.r.Buffered() < 2 && len(u.rest) == 0 {
			break
		}
	}
	return n, nil
}

func (u *utf16Reader) unit() (uint16, error) {
	a, err := u.r.ReadByte()
	if err != nil {
		return 0, err
	}
	b, err := u.r.ReadByte()
	if err != nil {
		return 0, io.EOF // half a unit: cut
	}
	if u.big {
		return uint16(a)<<8 | uint16(b), nil
	}
	return uint16(b)<<8 | uint16(a), nil
}

func (u *utf16Reader) take(c rune) {
	switch {
	case c == 0xfeff:
	case u.high != 0:
		u.rest = utf8.AppendRune(u.rest[:0], utf16.DecodeRune(u.high, c))
		u.high = 0
	case c >= 0xd800 && c < 0xdc00:
		u.high = c
	default:
		u.rest = utf8.AppendRune(u.rest[:0], c)
	}
}

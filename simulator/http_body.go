package simulator

// httpBody reads the body of a request as it arrives, by Content-Length or in
// chunks (RFC 9112, 6 and 7.1). The zero value is no body.
type httpBody struct {
	chunked  bool
	left     int64 // of the body or of the chunk
	size     int64 // of the body so far
	state    chunkState
	digits   int
	line     int  // length of a trailer line
	colon    bool // it has its colon
	extended bool // the semicolon of an extension came
	cr       bool // the last byte was a CR
}

type chunkState uint8

const (
	inSize chunkState = iota
	inExtension
	inData
	afterData
	inTrailer
	inDone
)

func (b *httpBody) done() bool {
	if b.chunked {
		return b.state == inDone
	}
	return b.left == 0
}

// feed takes what it can of p, returns how much, and never more than belongs to the body.
func (b *httpBody) feed(p []byte) (used int, err error) {
	if !b.chunked {
		return b.take(p), nil
	}
	for used < len(p) && b.state != inDone {
		if b.state == inData {
			used += b.take(p[used:])
			if b.left == 0 {
				b.state = afterData
			}
			continue
		}
		if err := b.byte(p[used]); err != nil {
			return used, err
		}
		used++
	}
	return used, nil
}

func (b *httpBody) take(p []byte) int {
	n := min(int64(len(p)), b.left)
	b.left -= n
	b.size += n
	return int(n)
}

// byte handles one byte of the chunk framing. Lines end in CR LF and nothing else: what two peers
// see as different ends is a way to smuggle requests.
func (b *httpBody) byte(c byte) error {
	if b.cr != (c == '\n') {
		return malformed("RFC 9112, 7.1", "byte %q where a line of the chunked body ends", c)
	}
	b.cr = c == '\r'
	switch b.state {
	case inSize:
		return b.sizeByte(c)
	case inExtension:
		return b.extensionByte(c)
	case afterData:
		if c == '\n' {
			b.state, b.digits = inSize, 0
		} else if c != '\r' {
			return malformed("RFC 9112, 7.1", "byte %q after a chunk", c)
		}
	case inTrailer:
		return b.trailerByte(c)
	}
	return nil
}

func (b *httpBody) sizeByte(c byte) error {
	d, isHex := hexDigit(c)
	switch {
	case isHex && b.digits < 15:
		b.left = b.left<<4 | d
		b.digits++
	case b.digits == 0 || isHex:
		return malformed("RFC 9112, 7.1", "chunk size has byte %q", c)
	case c == '\n':
		b.startChunk()
	case blank(c) || c == ';':
		b.state, b.extended = inExtension, c == ';'
	case c != '\r':
		return malformed("RFC 9112, 7.1", "chunk size has byte %q", c)
	}
	return nil
}

// extensionByte wants the semicolon that an extension begins with, behind blanks.
func (b *httpBody) extensionByte(c byte) error {
	switch {
	case !b.extended && !blank(c) && c != ';':
		return malformed("RFC 9112, 7.1.1", "byte %q behind a chunk size", c)
	case c == '\n':
		b.startChunk()
	case c != '\r' && controls[c]:
		return malformed("RFC 9112, 7.1.1", "byte %q in a chunk extension", c)
	}
	b.extended = b.extended || c == ';'
	return nil
}

// trailerByte wants a name with its colon in each line of the trailers (RFC 9112, 7.1.2).
func (b *httpBody) trailerByte(c byte) error {
	switch {
	case c == '\n' && b.line == 0:
		b.state = inDone
	case c == '\n' && !b.colon:
		return malformed("RFC 9112, 7.1.2", "a trailer without a colon")
	case c == '\n':
		b.line, b.colon = 0, false
	case c == '\r':
	case !b.colon && c == ':' && b.line > 0:
		b.colon = true
	case !b.colon && !isToken([]byte{c}), controls[c]:
		return malformed("RFC 9112, 7.1.2", "byte %q in a trailer", c)
	default:
		b.line++
	}
	return nil
}

func (b *httpBody) startChunk() {
	b.state = inData
	if b.left == 0 {
		b.state, b.line = inTrailer, 0
	}
}

func hexDigit(c byte) (int64, bool) {
	switch {
	case c >= '0' && c <= '9':
		return int64(c - '0'), true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int64(c|0x20-'a') + 10, true
	}
	return 0, false
}

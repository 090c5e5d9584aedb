// Package input makes text of a log as it was found: compressed, in UTF-16, with
// colors, with the NUL bytes that a truncated file is left with.
package input

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

const (
	// textMax bounds what one compressed log may grow to.
	textMax = 64 << 30
	// windowMax bounds the memory that a zstd frame may ask for.
	windowMax = 8 << 20
)

// magics are the first bytes of compressed files.
var magics = []struct {
	name  string
	bytes string
	open  func(io.Reader) (io.Reader, error)
}{
	{"gzip", "\x1f\x8b", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
	{"zstd", "\x28\xb5\x2f\xfd", openZstd},
	{"bzip2", "BZh", func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil }},
	{"xz", "\xfd7zXZ\x00", nil}, {"lz4", "\x04\x22\x4d\x18", nil}, {"zip", "PK\x03\x04", nil},
}

func openZstd(r io.Reader) (io.Reader, error) {
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(windowMax))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}

// Reader reads the text of a log. It is not safe for concurrent use.
type Reader struct {
	raw   io.Reader
	r     io.Reader // after the first Read
	close func() error
	state state
	read  int64 // bytes of text before filtering
	// NUL is how many NUL bytes were left out, and FirstNUL the offset of the first.
	NUL, FirstNUL int64
	control, kept int64 // of the blocks that were filtered: control characters, and all
}

// Binary tells whether what was read is no text: it held NUL bytes, and not only those.
func (r *Reader) Binary() bool { return r.NUL > 0 && r.control*20 > r.kept }

// New returns a Reader of a log. The log's form is found at the first Read.
func New(r io.Reader) *Reader { return &Reader{raw: r} }

// Read reads text. The error says what cannot be read, of a compressed log that is damaged
// or of a form that is not known.
func (r *Reader) Read(p []byte) (int, error) {
	if r.r == nil {
		if err := r.open(); err != nil {
			return 0, err
		}
	}
	for {
		n, err := r.r.Read(p)
		fresh := p[:n]
		if r.state != inText || !clean(fresh) {
			fresh = r.filter(fresh)
		}
		r.read += int64(n)
		if len(fresh) > 0 || err != nil || n == 0 {
			return len(fresh), err
		}
	}
}

// clean tells whether nothing is to be filtered. It looks at blocks that fit the first cache, twice.
func clean(p []byte) bool {
	const block = 8 << 10
	for len(p) > 0 {
		b := p[:min(len(p), block)]
		if bytes.IndexByte(b, 0) >= 0 || bytes.IndexByte(b, escape) >= 0 {
			return false
		}
		p = p[len(b):]
	}
	return true
}

// Close frees what decompressing took; the log given to New stays open.
func (r *Reader) Close() error {
	if r.close == nil {
		return nil
	}
	return r.close()
}

// open looks at the first bytes.
func (r *Reader) open() error {
	var first [6]byte
	n, err := io.ReadFull(r.raw, first[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	r.r = io.MultiReader(bytes.NewReader(first[:n]), r.raw)
	for _, m := range magics {
		if !bytes.HasPrefix(first[:n], []byte(m.bytes)) {
			continue
		}
		if m.open == nil {
			return fmt.Errorf("compressed with %s, which is not read here: decompress it first", m.name)
		}
		in, err := m.open(bufio.NewReaderSize(r.r, 64<<10))
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		if c, ok := in.(io.Closer); ok {
			r.close = c.Close
		}
		r.r = &limited{r: in, left: textMax, form: m.name}
		return r.unicode()
	}
	return r.unicode()
}

// unicode looks for a byte order mark.
func (r *Reader) unicode() error {
	in := bufio.NewReaderSize(r.r, 16)
	switch mark, _ := in.Peek(3); {
	case bytes.HasPrefix(mark, []byte("\xff\xfe")), bytes.HasPrefix(mark, []byte("\xfe\xff")):
		r.r = &utf16Reader{r: bufio.NewReaderSize(in, 64<<10), big: mark[0] == 0xfe}
	case bytes.HasPrefix(mark, []byte("\xef\xbb\xbf")):
		_, err := in.Discard(3)
		r.r = in
		return err
	default:
		r.r = in
	}
	return nil
}

// limited ends a log that grows beyond all measure, and says what is damaged.
type limited struct {
	r    io.Reader
	left int64
	form string
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, fmt.Errorf("%s: more than %d GiB of text", l.form, textMax>>30)
	}
	n, err := l.r.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%s: %w", l.form, err)
	}
	return n, err
}

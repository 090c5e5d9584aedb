package input

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
)

const text = "2026/03/14 09:15:02 [error] é 😀\nsecond line\n"

func TestForms(t *testing.T) {
	for name, in := range map[string][]byte{
		"plain": []byte(text), "byte order mark": []byte("\xef\xbb\xbf" + text),
		"gzip": gzipped(text), "gzip of two members": append(gzipped(text[:10]), gzipped(text[10:])...),
		"zstd": zstded(text), "zstd of two frames": append(zstded(text[:10]), zstded(text[10:])...),
		"gzip of UTF-16":       gzipped(string(wide(text, false))),
		"UTF-16 little-endian": wide(text, false), "UTF-16 big-endian": wide(text, true),
		"NUL bytes": []byte(strings.Repeat("\x00", 9999) + text[:9] + "\x00" + text[9:]),
		"colors":    []byte("\x1b[31m" + strings.Replace(text, "[error]", "[\x1b[1;31merror\x1b[0m]", 1)),
	} {
		for how, r := range map[string]io.Reader{"at once": bytes.NewReader(in), "by bytes": iotest.OneByteReader(bytes.NewReader(in))} {
			in := New(r)
			got, err := io.ReadAll(in)
			if err != nil || string(got) != text {
				t.Errorf("%s, %s: got %q, %v", name, how, got, err)
			}
			if err := in.Close(); err != nil {
				t.Errorf("%s: close: %v", name, err)
			}
		}
	}
}

func TestNULIsCounted(t *testing.T) {
	r := New(iotest.HalfReader(strings.NewReader("abc\x00d\x00")))
	if got, err := io.ReadAll(r); err != nil || string(got) != "abcd" || r.NUL != 2 || r.FirstNUL != 3 {
		t.Errorf("got %q, %v, %d from %d", got, err, r.NUL, r.FirstNUL)
	}
}

// An escape sequence that never ends does not swallow the log.
func TestUnfinishedSequence(t *testing.T) {
	if got, _ := io.ReadAll(New(strings.NewReader("a\x1b[12;\nb\x1b"))); string(got) != "a\nb" {
		t.Errorf("got %q", got)
	}
}

func TestUnreadable(t *testing.T) {
	for name, in := range map[string]string{
		"xz":             "\xfd7zXZ\x00rest",
		"damaged gzip":   string(gzipped(strings.Repeat(text, 100))[:60]),
		"zstd's window":  "\x28\xb5\x2f\xfd\x00\xf8rest of it",
		"damaged header": "\x1f\x8bno gzip at all",
	} {
		if got, err := io.ReadAll(New(strings.NewReader(in))); err == nil {
			t.Errorf("%s: got %q, want an error", name, got)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(text))
	f.Add(gzipped(text))
	f.Add(zstded(text))
	f.Add(wide(text, true))
	f.Add([]byte("a\x1b[31mb\x00"))
	f.Fuzz(func(t *testing.T, in []byte) {
		r := New(bytes.NewReader(in))
		defer r.Close()
		got, err := io.ReadAll(io.LimitReader(r, 1<<20))
		if err == nil && (bytes.IndexByte(got, 0) >= 0 || bytes.IndexByte(got, escape) >= 0) {
			t.Errorf("got %q", got)
		}
	})
}

func gzipped(s string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.Bytes()
}

func zstded(s string) []byte {
	w, _ := zstd.NewWriter(nil)
	return w.EncodeAll([]byte(s), nil)
}

func wide(s string, big bool) (out []byte) {
	for _, u := range append([]uint16{0xfeff}, utf16.Encode([]rune(s))...) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

package fastcgi_test

import (
	"bytes"
	"testing"

	"github.com/badgateway/badgateway/simulator/fastcgi"
)

// What is read as a record is written as the same bytes, but for the padding's content and the reserved byte.
func FuzzRecord(f *testing.F) {
	f.Add(fastcgi.AppendRecord(nil, fastcgi.Stdout, 1, []byte("Status: 200 OK\r\n\r\n"), 6))
	f.Add(fastcgi.AppendRecord(nil, fastcgi.EndRequest, 513, fastcgi.End{App: 1, Protocol: fastcgi.Overloaded}.Append(nil), 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		rec, err := fastcgi.ReadRecord(bytes.NewReader(data))
		if err != nil {
			return
		}
		again := fastcgi.AppendRecord(nil, rec.Type, rec.ID, rec.Content, rec.Padding)
		want := bytes.Clone(data[:len(again)])
		want[7] = 0
		clear(want[len(want)-int(rec.Padding):])
		if !bytes.Equal(again, want) {
			t.Errorf("read %q, written %q", want, again)
		}
		if end, err := fastcgi.ParseEnd(rec.Content); err == nil && !bytes.Equal(end.Append(nil)[:5], rec.Content[:5]) {
			t.Errorf("end request %+v from %q", end, rec.Content)
		}
		if begin, err := fastcgi.ParseBegin(rec.Content); err == nil && !bytes.Equal(begin.Append(nil)[:3], rec.Content[:3]) {
			t.Errorf("begin request %+v from %q", begin, rec.Content)
		}
	})
}

// Name-value pairs that are read and written read the same again, and a pair never reaches behind its bytes.
func FuzzParams(f *testing.F) {
	f.Add(fastcgi.AppendParam(fastcgi.AppendParam(nil, "REQUEST_METHOD", "GET"), "EMPTY", ""))
	f.Add([]byte("\x80\x00\x00\x01\x80\x00\x00\x01ab"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rest := data
		for len(rest) > 0 {
			name, value, next, err := fastcgi.NextParam(rest)
			if err != nil {
				return
			}
			if len(next) >= len(rest) {
				t.Fatal("a pair of no bytes")
			}
			again := fastcgi.AppendParam(nil, string(name), string(value))
			n, v, left, err := fastcgi.NextParam(again)
			if err != nil || len(left) != 0 || !bytes.Equal(n, name) || !bytes.Equal(v, value) {
				t.Fatalf("%q=%q reads as %q=%q, %v", name, value, n, v, err)
			}
			rest = next
		}
	})
}

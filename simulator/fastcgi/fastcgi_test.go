package fastcgi_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/simulator/fastcgi"
)

func TestRecordsReadAsWritten(t *testing.T) {
	var b []byte
	contents := []string{"", "a", strings.Repeat("x", fastcgi.MaxContent)}
	for i, c := range contents {
		b = fastcgi.AppendRecord(b, fastcgi.Stdout, uint16(i+300), []byte(c), fastcgi.AlignedPadding(len(c)))
		if len(b)%8 != 0 {
			t.Errorf("%d bytes of content: not aligned", len(c))
		}
	}
	r := bytes.NewReader(b)
	for i, c := range contents {
		rec, err := fastcgi.ReadRecord(r)
		if err != nil || rec.Type != fastcgi.Stdout || int(rec.ID) != i+300 || string(rec.Content) != c {
			t.Errorf("record %d: got %+v, %v", i, rec.Header, err)
		}
	}
	if _, err := fastcgi.ReadRecord(r); err != io.EOF {
		t.Errorf("after the last: got %v, want EOF", err)
	}
}

func TestReadRecordIsStrict(t *testing.T) {
	good := fastcgi.AppendRecord(nil, fastcgi.Stdout, 1, []byte("hello"), 3)
	for n := 1; n < len(good); n++ {
		if _, err := fastcgi.ReadRecord(bytes.NewReader(good[:n])); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("torn after %d bytes: got %v", n, err)
		}
	}
	good[0] = 2
	if _, err := fastcgi.ReadRecord(bytes.NewReader(good)); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("another version: got %v", err)
	}
}

func TestHeadersRoundTrip(t *testing.T) {
	h := fastcgi.Header{Version: 72, Type: 84, ID: 0x5450, Length: 0x2f31, Padding: 46}
	if got := fastcgi.ParseHeader(h.Append(nil)); got != h {
		t.Errorf("got %+v, want %+v", got, h)
	}
}

func TestParams(t *testing.T) {
	long := strings.Repeat("v", 70000)
	pairs := [][2]string{{"A", ""}, {"", ""}, {strings.Repeat("n", 127), strings.Repeat("v", 128)}, {"B", long}}
	var b []byte
	for _, p := range pairs {
		b = fastcgi.AppendParam(b, p[0], p[1])
	}
	rest := b
	for _, want := range pairs {
		name, value, next, err := fastcgi.NextParam(rest)
		if err != nil || string(name) != want[0] || string(value) != want[1] {
			t.Fatalf("got %.20q=%.20q %v, want %.20q=%.20q", name, value, err, want[0], want[1])
		}
		rest = next
	}
	if len(rest) != 0 {
		t.Errorf("%d bytes left", len(rest))
	}
	for _, torn := range []string{"\x01", "\x01\x01a", "\x80\x00\x00", "\x01\x80\x00\x00", "\xff\xff\xff\xff\xff\xff\xff\xffa", "\x02\x00a"} {
		if _, _, _, err := fastcgi.NextParam([]byte(torn)); !errors.Is(err, fastcgi.ErrParams) {
			t.Errorf("%q: got %v, want torn", torn, err)
		}
	}
}

func TestBodies(t *testing.T) {
	begin := fastcgi.Begin{Role: fastcgi.Filter, Flags: fastcgi.KeepConn}
	if got, err := fastcgi.ParseBegin(begin.Append(nil)); got != begin || err != nil {
		t.Errorf("got %+v %v, want %+v", got, err, begin)
	}
	end := fastcgi.End{App: 0xfffffffe, Protocol: fastcgi.Overloaded}
	if got, err := fastcgi.ParseEnd(end.Append(nil)); got != end || err != nil {
		t.Errorf("got %+v %v, want %+v", got, err, end)
	}
	if _, err := fastcgi.ParseBegin(make([]byte, 7)); err == nil {
		t.Error("a short begin: no error")
	}
	if _, err := fastcgi.ParseEnd(make([]byte, 7)); err == nil {
		t.Error("a short end: no error")
	}
}

func TestValuesAnswerOnlyWhatIsKnown(t *testing.T) {
	asked := fastcgi.AppendParam(fastcgi.AppendParam(nil, "NO", ""), "YES", "")
	got := fastcgi.AppendValues(nil, append(asked, 9), map[string]string{"YES": "1", "OTHER": "2"})
	want := fastcgi.AppendRecord(nil, fastcgi.GetValuesResult, 0, fastcgi.AppendParam(nil, "YES", "1"), 2)
	if !bytes.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

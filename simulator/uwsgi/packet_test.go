package uwsgi_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/badgateway/badgateway/simulator/uwsgi"
)

func TestPacketsReadAsWritten(t *testing.T) {
	vars := [][2]string{{"REQUEST_METHOD", "GET"}, {"", ""}, {"QUERY_STRING", ""}, {"BIG", strings.Repeat("v", 60000)}}
	packet, err := uwsgi.AppendPacket(nil, vars...)
	if err != nil {
		t.Fatal(err)
	}
	h, block, err := uwsgi.ReadPacket(bytes.NewReader(append(packet, "the body"...)))
	if err != nil || h.Modifier1 != uwsgi.WSGI || int(h.Size) != len(packet)-uwsgi.HeaderLen {
		t.Fatalf("got %+v, %v", h, err)
	}
	for _, want := range vars {
		name, value, rest, err := uwsgi.NextVar(block)
		if err != nil || string(name) != want[0] || string(value) != want[1] {
			t.Errorf("got %q=%.20q, %v, want %q", name, value, err, want[0])
		}
		block = rest
	}
	if len(block) != 0 {
		t.Errorf("%d bytes are left", len(block))
	}
}

// The example of the manual: one variable, modifiers 0, lengths least significant byte first.
func TestBytesOfAPacket(t *testing.T) {
	got, err := uwsgi.AppendPacket(nil, [2]string{"PATH", "/a"})
	if want := "\x00\x0a\x00\x00\x04\x00PATH\x02\x00/a"; string(got) != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestWhatHTTPReadsAs(t *testing.T) {
	for text, size := range map[string]uint16{"GET ": 21573, "POST": 21327, "HEAD": 16709, "PUT ": 21589} {
		if h := uwsgi.ParseHeader([]byte(text)); h.Size != size || string(h.Append(nil)) != text {
			t.Errorf("%q: got %+v, want a block of %d", text, h, size)
		}
	}
}

func TestTornInputIsAnError(t *testing.T) {
	whole, _ := uwsgi.AppendPacket(nil, [2]string{"PATH", "/a"})
	for n := 1; n < len(whole); n++ {
		if _, _, err := uwsgi.ReadPacket(bytes.NewReader(whole[:n])); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("packet of %d bytes: got %v", n, err)
		}
	}
	if _, _, err := uwsgi.ReadPacket(bytes.NewReader(nil)); err != io.EOF {
		t.Errorf("no packet: got %v, want EOF", err)
	}
	block := whole[uwsgi.HeaderLen:]
	for n := range len(block) {
		if _, _, _, err := uwsgi.NextVar(block[:n]); !errors.Is(err, uwsgi.ErrVars) {
			t.Errorf("block of %d bytes: got %v", n, err)
		}
	}
}

func TestWhatDoesNotFit(t *testing.T) {
	long := strings.Repeat("v", uwsgi.MaxBlock)
	if _, err := uwsgi.AppendVar(nil, "A", long+"v"); !errors.Is(err, uwsgi.ErrTooLong) {
		t.Errorf("a value: got %v", err)
	}
	if _, err := uwsgi.AppendPacket(nil, [2]string{"A", long}); !errors.Is(err, uwsgi.ErrTooLong) {
		t.Errorf("a block: got %v", err)
	}
}

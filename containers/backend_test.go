package containers

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// frames are what Docker Engine sends: "1" is standard output, "2" standard error.
func frames(lines ...string) *bytes.Buffer {
	var b bytes.Buffer
	for _, line := range lines {
		header := [8]byte{line[0] - '0'}
		binary.BigEndian.PutUint32(header[4:], uint32(len(line)-1))
		b.Write(header[:])
		b.WriteString(line[1:])
	}
	return &b
}

func TestTheLogOfARunBeginsBehindItsMark(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		lines      []string
	}{
		{"one run", "a\nb\n", []string{"1mark\n", "2mark\n", "1a\n", "2b\n"}},
		{"what a run before said late", "new\n", []string{"1old\n", "1mark\n", "2old, late\n", "2mark\n", "2new\n"}},
		{"no run", "", []string{"1x\n"}},
		{"nothing", "", nil},
	} {
		got, err := sinceMark(frames(tc.lines...), "mark\n")
		if err != nil || got != tc.want {
			t.Errorf("%s: got %q, %v, want %q", tc.name, got, err, tc.want)
		}
	}
	if _, err := sinceMark(frames("3the engine failed\n"), "mark\n"); err == nil || !strings.Contains(err.Error(), "the engine failed") {
		t.Errorf("got %v, want the engine's own error", err)
	}
	if _, err := sinceMark(strings.NewReader("\x01\x00"), "mark\n"); err == nil {
		t.Error("half a header is taken for the end")
	}
}

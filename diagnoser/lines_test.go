package diagnoser

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/badgateway/badgateway/diagnoser/evidence"
)

func TestEachLine(t *testing.T) {
	text := "one\r\n\n" + strings.Repeat("x", 3*lineMax) + "\nlast"
	var got []string
	var numbers []int64
	size, err := eachLine(t.Context(), evidence.Log{Name: "a", Reader: iotest.HalfReader(strings.NewReader(text))}, func(line []byte, n int64) {
		got, numbers = append(got, string(line)), append(numbers, n)
	})
	want := []string{"one", "", strings.Repeat("x", lineMax), "last"}
	if err != nil || size != int64(len(text)) || !slices.Equal(got, want) || !slices.Equal(numbers, []int64{1, 2, 3, 4}) {
		t.Errorf("got %d lines %v, %d bytes, %v", len(got), numbers, size, err)
	}
}

func TestEachLineErrors(t *testing.T) {
	ignore := func([]byte, int64) {}
	_, err := eachLine(t.Context(), evidence.Log{Name: "a", Text: "\x7fELF\x02\x01\x01\x00\n"}, ignore)
	if want := "a: not a text log (NUL byte at offset 7)"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	broken := errors.New("broken")
	if _, err := eachLine(t.Context(), evidence.Log{Name: "a", Reader: iotest.ErrReader(broken)}, ignore); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := eachLine(ctx, evidence.Log{Name: "a", Text: "one\ntwo"}, ignore); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

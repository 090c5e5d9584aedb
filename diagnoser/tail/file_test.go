package tail

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// reading follows one file and returns what the next look at it gives, as "name:before:text".
type reading struct {
	*testing.T
	file  File
	notes []string
}

func newReading(t *testing.T) *reading {
	r := &reading{T: t, file: File{Path: filepath.Join(t.TempDir(), "error.log")}}
	r.file.Note = func(text string) { r.notes = append(r.notes, text) }
	t.Cleanup(func() { r.file.Close() })
	return r
}

func (r *reading) want(want ...string) {
	r.Helper()
	got := []string{}
	err := r.file.Read(func(c Chunk) error {
		got = append(got, fmt.Sprintf("%d:%s", c.Before, c.Text))
		return nil
	})
	if err != nil {
		r.Fatal(err)
	}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		r.Fatalf("got %q, want %q", got, want)
	}
}

func (r *reading) write(flag int, text string) {
	r.Helper()
	f, err := os.OpenFile(r.file.Path, flag|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = f.WriteString(text)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		r.Fatal(err)
	}
}

func (r *reading) add(text string) { r.Helper(); r.write(os.O_APPEND, text) }

func TestFileIsReadAsItGrows(t *testing.T) {
	r := newReading(t)
	r.want()
	r.want()
	if len(r.notes) != 1 || !strings.Contains(r.notes[0], "waiting for it") {
		t.Errorf("got %q, want it said once that the file is not there", r.notes)
	}
	r.add("one\ntwo\nthr")
	r.want("0:one\ntwo\n")
	r.want()
	r.add("ee\nfour\n")
	r.want("2:three\nfour\n")
}

func TestFileRotatedByRename(t *testing.T) {
	r := newReading(t)
	r.add("one\n")
	r.want("0:one\n")
	old, err := os.OpenFile(r.file.Path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if err := os.Rename(r.file.Path, r.file.Path+".1"); err != nil {
		t.Fatal(err)
	}
	old.WriteString("two\n") // the writer has not reopened it yet
	r.want("1:two\n")
	old.WriteString("three\nfo")
	r.add("five\n")
	r.want("2:three\n", "3:fo", "0:five\n")
}

func TestFileRotatedByTruncation(t *testing.T) {
	r := newReading(t)
	r.add("one\ntwo\nunfinished")
	r.want("0:one\ntwo\n")
	r.write(os.O_TRUNC, "three\n")
	r.want("0:three\n")
	if len(r.notes) != 1 || !strings.Contains(r.notes[0], "truncated") {
		t.Errorf("got %q, want it said that the file was truncated", r.notes)
	}
}

func TestFileFromItsEnd(t *testing.T) {
	r := newReading(t)
	r.file.FromEnd = true
	r.add("old\n")
	r.want()
	r.add("new\n")
	r.want("0:new\n")
}

func TestFileThatComesLaterIsReadWhole(t *testing.T) {
	r := newReading(t)
	r.file.FromEnd = true
	r.want()
	r.add("first\n")
	r.want("0:first\n")
}

func TestLineWithoutEndIsBounded(t *testing.T) {
	r := newReading(t)
	long := strings.Repeat("x", carryMax+1)
	r.add(long)
	r.want("0:" + long)
}

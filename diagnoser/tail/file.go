// Package tail reads logs as they grow, as tail -F does: through rotation by rename and by
// truncation, and from the moment on at which a file appears.
package tail

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

const (
	// chunkMax bounds what is read at once, and so the memory that a source takes.
	chunkMax = 1 << 20
	// carryMax is up to which size an unfinished line waits for its end.
	carryMax = 64 << 10
)

// Chunk is a piece of one log: whole lines, but for the last ones of a file that went away
// in the middle of a line.
type Chunk struct {
	Name   string
	Text   []byte // good until the taker returns
	Before int64  // lines of the same file in front of it
}

// File follows one path. Its zero value with a Path is ready.
type File struct {
	Path string
	// FromEnd leaves out what stands in the file when it is first opened.
	FromEnd bool
	// Note takes what happens to the file, one line each; nil takes nothing.
	Note func(text string)

	file   *os.File
	info   fs.FileInfo
	offset int64
	lines  int64
	carry  []byte
	waits  bool // it was said that the file is not there
	opened bool // some file was open at this path before
}

// Read hands over all that was written since the last call, and finds out whether the path has
// become another file. A file that is not there is no error: it may come. The error is that of
// reading, or the taker's.
func (f *File) Read(take func(Chunk) error) error {
	for {
		if f.file == nil {
			if ok, err := f.open(); !ok || err != nil {
				return err
			}
		}
		if err := f.drain(take); err != nil {
			return err
		}
		again, err := f.turned(take)
		if !again || err != nil {
			return err
		}
	}
}

// open answers false where there is no such file yet.
func (f *File) open() (bool, error) {
	file, err := os.Open(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		if !f.waits {
			f.note("%s: not there; waiting for it", f.Path)
		}
		f.waits, f.FromEnd = true, false
		return false, nil
	}
	if err != nil {
		return false, err
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s: is a directory; want the error log in it", f.Path)
	}
	if err != nil {
		return false, errors.Join(err, file.Close())
	}
	if f.opened {
		f.note("%s: a new file is there; following it", f.Path)
	} else if f.waits {
		f.note("%s: is there now", f.Path)
	}
	f.file, f.info, f.offset, f.lines, f.waits, f.opened = file, info, 0, 0, false, true
	if f.FromEnd {
		f.offset, f.FromEnd = info.Size(), false
	}
	return true, nil
}

// drain reads to the present end of the open file.
func (f *File) drain(take func(Chunk) error) error {
	buf := make([]byte, chunkMax)
	for {
		n, err := f.file.ReadAt(buf, f.offset)
		f.offset += int64(n)
		if n > 0 {
			if err := f.lined(buf[:n], take); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// lined hands over the whole lines of what was carried and what came, and carries the rest.
func (f *File) lined(data []byte, take func(Chunk) error) error {
	data = append(f.carry, data...)
	end := bytes.LastIndexByte(data, '\n') + 1
	if len(data)-end > carryMax {
		end = len(data)
	}
	whole, rest := data[:end], data[end:]
	f.carry = append([]byte(nil), rest...)
	return f.hand(whole, take)
}

func (f *File) hand(text []byte, take func(Chunk) error) error {
	if len(text) == 0 {
		return nil
	}
	before := f.lines
	f.lines += int64(bytes.Count(text, []byte{'\n'}))
	return take(Chunk{Name: f.Path, Text: text, Before: before})
}

// turned finds out whether the path names another file now, or the same one was cut, and makes
// ready to read from its beginning. One that grew past the place again before it was looked at
// cannot be told from one that was not cut.
func (f *File) turned(take func(Chunk) error) (bool, error) {
	info, err := os.Stat(f.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil // renamed away: its writer goes on until it is told to reopen
	case err != nil:
		return false, err
	case !os.SameFile(info, f.info):
		err := errors.Join(f.drain(take), f.hand(f.carry, take), f.Close())
		return err == nil, err
	case info.Size() < f.offset:
		f.note("%s: was truncated; reading it from its beginning", f.Path)
		f.offset, f.lines, f.carry = 0, 0, nil
		return true, nil
	}
	return false, nil
}

func (f *File) note(format string, args ...any) {
	if f.Note != nil {
		f.Note(fmt.Sprintf(format, args...))
	}
}

// Close closes the file that is open. Read opens it anew.
func (f *File) Close() error {
	f.carry = nil
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}

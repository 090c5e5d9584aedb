package strictyaml

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Pos is a place in a user's file; line and column count from 1, 0 is unknown.
type Pos struct {
	File         string
	Line, Column int
}

// String gives "file:line:column", the form that editors and terminals follow.
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// PosOf is the place of a node in a file.
func PosOf(file string, node *yaml.Node) Pos {
	if node == nil {
		return Pos{File: file}
	}
	return Pos{File: file, Line: node.Line, Column: node.Column}
}

// Error is a mistake in a user's file, at a place.
type Error struct {
	File         string
	Line, Column int
	Text         string // the source line, when the file's content is known
	Message      string
	cause        error
}

// NewError makes the Error for a place; %w in the format works as in fmt.Errorf.
func NewError(at Pos, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{File: at.File, Line: at.Line, Column: at.Column, Message: err.Error(), cause: errors.Unwrap(err)}
}

// Unwrap is what the message was made from with %w, if anything.
func (e *Error) Unwrap() error { return e.cause }

// Error is one line: "file:line:column: message".
func (e *Error) Error() string {
	at := Pos{File: e.File, Line: e.Line, Column: e.Column}.String()
	if at == "" {
		return e.Message
	}
	return at + ": " + e.Message
}

// Source is the offending line with a caret under the column, or "" when the
// file's content is not known. Tabs stay tabs, so that the caret is below its column.
func (e *Error) Source() string {
	if e.Text == "" || e.Column < 1 {
		return e.Text
	}
	before := []rune(e.Text)
	before = before[:min(e.Column-1, len(before))]
	indent := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, string(before))
	return e.Text + "\n" + indent + "^"
}

// Attach fills Text of the Error that err wraps, if any, from the file's
// content: for callers who decode nodes and hold the file elsewhere.
func Attach(err error, data []byte) error {
	var e *Error
	if errors.As(err, &e) && e.Text == "" {
		e.Text = lineOf(splitLines(data), e.Line)
	}
	return err
}

func splitLines(data []byte) []string {
	return strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
}

func lineOf(lines []string, n int) string {
	if n < 1 || n > len(lines) {
		return ""
	}
	return lines[n-1]
}

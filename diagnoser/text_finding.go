package diagnoser

import (
	"bufio"
	"io"
)

// WriteText writes one finding for people, as Report.WriteText does. The error is the writer's.
func (f Finding) WriteText(w io.Writer, opts TextOptions) error {
	if opts.Width <= 0 {
		opts.Width = 80
	}
	p := &printer{Writer: bufio.NewWriter(w), opts: opts}
	p.finding(f)
	return p.Flush()
}

// WriteText writes in a line or two what was read. The error is the writer's.
func (s Summary) WriteText(w io.Writer, opts TextOptions) error {
	if opts.Width <= 0 {
		opts.Width = 80
	}
	p := &printer{Writer: bufio.NewWriter(w), opts: opts}
	p.wrapped("", s.text())
	return p.Flush()
}

// Printable escapes what could act on a terminal: control characters, those that change the
// direction of text, and bytes that are no UTF-8.
func Printable(s string) string { return printable(s) }
